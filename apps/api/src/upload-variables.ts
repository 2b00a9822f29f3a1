import type { UploadType } from '@carteiro/contracts/upload'
import { flag, wholeNumber } from '@carteiro/runtime/config'
import { z } from 'zod'

const MIB = 1024 * 1024

/** `clamav:3310`, or `[::1]:3310`. */
const hostAndPort = () =>
  z.string().transform((text, context) => {
    const [, bracketed, host = bracketed, port] =
      /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? []
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
    context.addIssue({ code: 'custom', message: 'must be host:port, as 127.0.0.1:3310' })
    return z.NEVER
  })

/** Files that are brought before they are sent (docs/uploads.md). */
export const uploadVariables = {
  API_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be the API\u2019s URL' }).optional(),
  UPLOAD_LINK_SECRET: z.string().min(16, 'must have 16 characters or more').optional(),
  UPLOAD_LINK_SECONDS: wholeNumber(3_600, 1),
  UPLOAD_KEEP_HOURS: wholeNumber(24, 1),
  UPLOAD_TIMEOUT_SECONDS: wholeNumber(300, 1),
  CLAMAV_ADDRESS: hostAndPort().optional(),
  CLAMAV_TIMEOUT_SECONDS: wholeNumber(60, 1),
  CLAMAV_REQUIRED: flag(true),
  UPLOAD_MAX_BYTES_IMAGE: wholeNumber(16 * MIB, 1),
  UPLOAD_MAX_BYTES_VIDEO: wholeNumber(64 * MIB, 1),
  UPLOAD_MAX_BYTES_AUDIO: wholeNumber(16 * MIB, 1),
  UPLOAD_MAX_BYTES_DOCUMENT: wholeNumber(100 * MIB, 1),
  UPLOAD_MAX_BYTES_STICKER: wholeNumber(MIB / 2, 1),
}

const UploadConfig = z.object(uploadVariables)
export type UploadConfig = z.output<typeof UploadConfig>

/** Bytes that a file of each type may have. */
export const uploadLimits = (config: UploadConfig): Record<UploadType, number> => ({
  image: config.UPLOAD_MAX_BYTES_IMAGE,
  video: config.UPLOAD_MAX_BYTES_VIDEO,
  audio: config.UPLOAD_MAX_BYTES_AUDIO,
  document: config.UPLOAD_MAX_BYTES_DOCUMENT,
  sticker: config.UPLOAD_MAX_BYTES_STICKER,
})
