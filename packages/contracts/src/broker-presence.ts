import { z } from 'zod'

/** `typing` is WhatsApp's `composing`. */
const ChatPresence = z
  .enum(['composing', 'typing', 'recording', 'paused'])
  .transform((presence) => (presence === 'typing' ? 'composing' : presence))

/** `POST /instances/:id/presence` of the broker: towards one chat, or of the whole instance. */
export const SetPresence = z.union(
  [
    z.object({ presence: z.enum(['available', 'unavailable']) }),
    z.object({ presence: ChatPresence, to: z.string().min(1).max(100) }),
  ],
  'presence must be available or unavailable; or typing, recording or paused, with to',
)

export const ShownPresence = z.object({ presence: z.string(), to: z.object({ jid: z.string() }).optional() })

export const MAX_READ = 100

/**
 * `POST /instances/:id/read` of the broker. Messages that it has seen within the last days are known by their ids;
 * for older ones `to` names the chat, and in a group `participant` who wrote.
 */
export const ReadMessages = z.object({
  messageIds: z.array(z.string().min(1).max(256)).min(1).max(MAX_READ),
  to: z.string().min(1).max(100).optional(),
  participant: z.string().min(1).max(100).optional(),
})

export const ReadResult = z.object({
  read: z.array(z.string()),
  /** Not known to the broker, and no chat was named. */
  unknown: z.array(z.string()),
})
export type ReadResult = z.infer<typeof ReadResult>
