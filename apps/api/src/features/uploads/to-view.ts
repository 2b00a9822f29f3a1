import { Problem } from '@carteiro/contracts/problem'
import type { UploadView } from '@carteiro/contracts/upload'
import { linkTo } from '@carteiro/domain/uploads/link'
import type { Upload } from '@carteiro/domain/uploads/upload'
import type { FastifyRequest } from 'fastify'
import type { Dependencies } from '../../dependencies.ts'
import { baseUrlFor } from '../../files/links-for.ts'

/** An upload as it is shown to whoever asks, with a link that is made for this answer. */
export function toView(
  config: Dependencies['config'],
  request: Pick<FastifyRequest, 'protocol' | 'host'>,
  { isAlive: _isAlive, tenantId, ...upload }: Upload,
): UploadView {
  const { url, expiresAt } = linkTo(
    { tenantId, uploadId: upload.uploadId },
    {
      secret: requireSecret(config.UPLOAD_LINK_SECRET),
      baseUrl: baseUrlFor(config, request),
      seconds: config.UPLOAD_LINK_SECONDS,
    },
  )
  return { ...upload, resourceUrl: url, expiresAt: expiresAt.toISOString() }
}

/** @throws Problem UPLOADS_NOT_CONFIGURED */
export function requireSecret(secret: string | undefined): string {
  if (secret !== undefined) return secret
  throw new Problem('UPLOADS_NOT_CONFIGURED', 'Set UPLOAD_LINK_SECRET for the API: links are signed with it.')
}
