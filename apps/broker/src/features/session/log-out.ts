import { S_WHATSAPP_NET } from '@whiskeysockets/baileys'
import type { EndReason } from './disconnect-reason.ts'
import type { WASocket } from './open-socket.ts'

const ANSWER_MS = 5_000

/**
 * Asks WhatsApp to take this device off the account, so that the phone does not list it any more, and waits for the
 * answer. (Baileys' own `logout` does not wait: on a line that is dead without knowing it, nobody would have heard.)
 *
 * @returns whether WhatsApp answered; also when it refused, for asking again would change nothing
 */
export async function askToLogOut(socket: WASocket): Promise<boolean> {
  const jid = socket.authState.creds.me?.id
  if (!jid) return true
  const id = socket.generateMessageTag()
  return await new Promise((resolve) => {
    const settle = (isHeard: boolean) => {
      clearTimeout(deadline)
      resolve(isHeard)
    }
    const deadline = setTimeout(() => settle(false), ANSWER_MS)
    socket.ws.once(`TAG:${id}`, () => settle(true))
    socket.ev.on('connection.update', ({ connection }) => {
      if (connection === 'close') settle(false)
    })
    const stanza = {
      tag: 'iq',
      attrs: { id, to: S_WHATSAPP_NET, type: 'set', xmlns: 'md' },
      content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
    }
    socket.sendNode(stanza).catch(() => settle(false))
  })
}

/** WhatsApp does not let the session in, and will not: there is nothing to log out of. */
const WITHOUT_A_SESSION: ReadonlySet<EndReason> = new Set([
  'logged_out',
  'banned',
  'temporarily_banned',
  'multidevice_mismatch',
])

export const isOut = (reason: EndReason): boolean => WITHOUT_A_SESSION.has(reason)
