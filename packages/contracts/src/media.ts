import { z } from 'zod'

/** The file of a message, as far as it is known. The bytes are in the storage once it is `ready`. */
export const MessageMedia = z.object({
  state: z.enum(['pending', 'ready', 'failed']),
  /** image, video, ptv, audio, document or sticker. */
  type: z.string(),
  /** Found in the bytes once `ready`; what the sender claimed before. */
  mimeType: z.string().nullable(),
  /** Bytes. */
  size: z.number().int().nonnegative().nullable(),
  fileName: z.string().nullable(),
  /** Of the bytes, 64 hex digits. */
  sha256: z.string().nullable(),
  seconds: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  /** Why it `failed`. */
  reason: z.string().nullable(),
})
export type MessageMedia = z.infer<typeof MessageMedia>
