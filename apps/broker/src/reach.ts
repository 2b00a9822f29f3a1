import type { Jid } from '@carteiro/contracts/jid'
import type { Problem } from '@carteiro/contracts/problem'
import type { WASocket } from '@whiskeysockets/baileys'

/** Whether a message can go to a recipient, and to which address. */
export type Reach =
  | { kind: 'reachable'; jid: Jid }
  | { kind: 'unreachable' }
  /** WhatsApp did not say. */
  | { kind: 'untold'; problem: Problem }

export type FindReach = (instanceId: string, socket: WASocket, jid: Jid) => Promise<Reach>
