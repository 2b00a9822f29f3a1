import { z } from 'zod'
import { Caption, fileMembers, hasOneFile, mimeTypeOf, ONE_FILE } from './file.ts'
import { mentioning, quoting } from './quoting.ts'

export const DocumentIntent = z
  .strictObject({
    intent: z.literal('document'),
    ...fileMembers,
    mimeType: mimeTypeOf().optional(),
    caption: Caption.optional(),
    ...quoting,
    ...mentioning,
  })
  .refine(hasOneFile, ONE_FILE)
export type DocumentIntent = z.infer<typeof DocumentIntent>

export const ImageIntent = z
  .strictObject({
    intent: z.literal('image'),
    ...fileMembers,
    mimeType: mimeTypeOf('image/').optional(),
    caption: Caption.optional(),
    ...quoting,
    ...mentioning,
  })
  .refine(hasOneFile, ONE_FILE)

export const VideoIntent = z
  .strictObject({
    intent: z.literal('video'),
    ...fileMembers,
    mimeType: mimeTypeOf('video/').optional(),
    caption: Caption.optional(),
    ...quoting,
    ...mentioning,
  })
  .refine(hasOneFile, ONE_FILE)

/** No caption: WhatsApp shows none below a sound. `ptt` shows it as a voice message (OGG with Opus). */
export const AudioIntent = z
  .strictObject({
    intent: z.literal('audio'),
    ...fileMembers,
    mimeType: mimeTypeOf('audio/').optional(),
    ptt: z.boolean().optional(),
    ...quoting,
  })
  .refine(hasOneFile, ONE_FILE)

/** No caption, and WebP alone: WhatsApp has no other stickers. */
export const StickerIntent = z
  .strictObject({
    intent: z.literal('sticker'),
    ...fileMembers,
    mimeType: mimeTypeOf('image/webp').optional(),
    ...quoting,
  })
  .refine(hasOneFile, ONE_FILE)
