import { z } from 'zod'
import { MessageView } from './event.ts'
import { ContactView } from './ticket.ts'

/** A part of a text, and which of its characters (UTF-16 units, `to` excluded) were looked for. */
export const SearchSnippet = z.object({
  text: z.string(),
  matches: z.array(z.object({ from: z.number().int(), to: z.number().int() })),
})
export type SearchSnippet = z.infer<typeof SearchSnippet>

/** A message that was found. */
export const MessageHit = z.object({ message: MessageView, contact: ContactView, snippet: SearchSnippet })
export type MessageHit = z.infer<typeof MessageHit>
