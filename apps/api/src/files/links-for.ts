import { createLinkOf, type LinkOf } from '@carteiro/domain/uploads/link'
import type { FastifyRequest } from 'fastify'
import type { UploadConfig } from '../upload-variables.ts'

/** Where whoever asks finds the API: as it is configured, else as this request found it. */
export const baseUrlFor = (
  { API_PUBLIC_URL }: Pick<UploadConfig, 'API_PUBLIC_URL'>,
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
): string => API_PUBLIC_URL ?? `${protocol}://${host}`

/** Links to uploads for whoever asks; `undefined` while they are not configured. */
export const linksFor = (
  config: UploadConfig,
  request: Pick<FastifyRequest, 'protocol' | 'host'>,
): LinkOf | undefined =>
  createLinkOf(config.UPLOAD_LINK_SECRET, {
    baseUrl: baseUrlFor(config, request),
    seconds: config.UPLOAD_LINK_SECONDS,
  })
