import type { UploadType } from '@carteiro/contracts/upload'
import { wholeNumber } from '@carteiro/runtime/config'
import { z } from 'zod'

const MIB = 1024 * 1024

/** Files that are brought before they are sent (docs/uploads.md). */
export const uploadVariables = {
  API_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be the API\u2019s URL' }).optional(),
  UPLOAD_LINK_SECRET: z.string().min(16, 'must have 16 characters or more').optional(),
  UPLOAD_LINK_SECONDS: wholeNumber(3_600, 1),
  UPLOAD_KEEP_HOURS: wholeNumber(24, 1),
  UPLOAD_TIMEOUT_SECONDS: wholeNumber(300, 1),
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
