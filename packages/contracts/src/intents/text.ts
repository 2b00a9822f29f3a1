import { z } from 'zod'
import { StorableText } from '../storable-text.ts'
import { mentioning, quoting } from './quoting.ts'

/** WhatsApp takes 65,536 characters of text; more is refused at the door. (Meta's Cloud API takes 4,096.) */
export const MAX_TEXT_LENGTH = 65_536

export const TextIntent = z.strictObject({
  intent: z.literal('text'),
  text: StorableText.min(1, 'must not be empty').max(MAX_TEXT_LENGTH),
  previewUrl: z.boolean().optional(),
  ...quoting,
  ...mentioning,
})
export type TextIntent = z.infer<typeof TextIntent>
