import { SessionCipher } from 'libsignal'

interface Session {
  serialize(): unknown
  constructor: { deserialize(data: unknown): object }
}
type Open = (bytes: unknown, session: unknown) => Promise<unknown>

const OPEN = 'doDecryptWhisperMessage'
let isSpared = false

/**
 * libsignal tries a message on each session that it has with a device, and a try steps that session's ratchet before it
 * is known whether the message belongs to it. When a later session opens the message, all are stored as they are: the
 * one in use then writes what the other side cannot read, and reads nothing of it. Two sides that write their first
 * messages at once are enough, or a message that was under way while a session was started anew. From this call on, in
 * this whole process, a session that did not open a message stays as it was.
 *
 * @throws Error when this libsignal opens messages in another way
 */
export function spareSessions(): void {
  if (isSpared) return
  const open: unknown = Reflect.get(SessionCipher.prototype, OPEN)
  if (!isOpen(open)) throw new Error(`libsignal has no ${OPEN}`)
  Reflect.set(
    SessionCipher.prototype,
    OPEN,
    async function (this: unknown, bytes: unknown, session: unknown) {
      if (!isSession(session)) return await Reflect.apply(open, this, [bytes, session])
      const before = session.serialize()
      try {
        return await Reflect.apply(open, this, [bytes, session])
      } catch (error) {
        Object.assign(session, session.constructor.deserialize(before))
        throw error
      }
    },
  )
  isSpared = true
}

const isOpen = (value: unknown): value is Open => typeof value === 'function'

const isSession = (value: unknown): value is Session =>
  typeof value === 'object' && value !== null && 'serialize' in value && 'deserialize' in value.constructor
