import { z } from 'zod'
import { StorableText } from './storable-text.ts'

/** WhatsApp takes 65,536 characters of text; more is refused at the door. */
export const MAX_TEXT_LENGTH = 65_536

export const TextIntent = z.object({
  intent: z.literal('text'),
  text: StorableText.min(1, 'must not be empty').max(MAX_TEXT_LENGTH),
  previewUrl: z.boolean().optional(),
})

/** What a message wants to be. Everything downstream switches on `intent`. */
export const Intent = z.discriminatedUnion('intent', [TextIntent])
export type Intent = z.infer<typeof Intent>

/** What a person reads of an intent, for previews and lists. */
export function intentText(intent: Intent): string {
  switch (intent.intent) {
    case 'text':
      return intent.text
    default:
      return intent.intent satisfies never
  }
}
