import { z } from 'zod'

/** Types of messages that are a file, by the keys that WhatsApp seals them with; a `ptv` is a round video. */
export const MediaType = z.enum(['image', 'video', 'ptv', 'audio', 'document', 'sticker'])
export type MediaType = z.infer<typeof MediaType>

/** A message's file, as it is announced and as it stands. */
export const MessageMedia = z.object({
  /** `pending`: its bytes are still to be fetched. `ready`: they can be read. `failed`: `reason` says why not. */
  state: z.enum(['pending', 'ready', 'failed']),
  /** A MediaType; more may come. */
  type: z.string(),
  /** Claimed by the sender while pending; told by the bytes once ready. Without parameters. */
  mimeType: z.string().nullable(),
  /** In bytes; claimed while pending. */
  size: z.number().int().nonnegative().nullable(),
  fileName: z.string().nullable(),
  /** Of the bytes, in hex; null until they are there. */
  sha256: z.string().nullable(),
  /** These three are the sender's claims. */
  seconds: z.number().nonnegative().nullable(),
  width: z.number().nonnegative().nullable(),
  height: z.number().nonnegative().nullable(),
  /** A code, such as `media_gone`, `too_large`, `no_source`, `expired`. */
  reason: z.string().nullable(),
})
export type MessageMedia = z.infer<typeof MessageMedia>
