import { formatJid } from '@carteiro/contracts/jid'
import type { Connection } from '@carteiro/database/connect'
import { createGuardedFetch } from '@carteiro/runtime/guarded-fetch'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Seal } from '@carteiro/runtime/seal'
import type { proto, WASocket } from '@whiskeysockets/baileys'
import type { Config } from './config.ts'
import { Recipients } from './features/exists/recipients.ts'
import type { Groups } from './features/groups/groups.ts'
import type { Settings } from './features/instances/settings.ts'
import type { Journal } from './features/receiving/journal.ts'
import { toOutboundEntry } from './features/receiving/to-event.ts'
import { toAckEntry } from './features/receiving/to-update-event.ts'
import { createFindMessage } from './features/sending/find-message.ts'
import { SendLedger } from './features/sending/send-ledger.ts'
import { Sender, type SenderDependencies } from './features/sending/send-message.ts'
import type { SentMessage } from './features/sending/send-outcome.ts'
import { type Acks, createAcks } from './features/sending/wait-for-ack.ts'
import type { Report } from './report.ts'

interface SendingParts {
  connection: Connection
  seal: Seal
  journal: Journal
  report: Report
  groups: Groups
  settings: Settings
  socket: (instanceId: string) => WASocket | undefined
}

export interface Sending {
  ledger: SendLedger
  acks: Acks
  recipients: Recipients
  sender: Sender
}

/** What sends, and what it needs to know beside the message. */
export function wireSending(config: Config, parts: SendingParts, lifecycle: Lifecycle): Sending {
  const { journal, report, groups, settings, socket } = parts
  const { db } = parts.connection
  const ledger = new SendLedger(db, parts.seal)
  const settleLate = createSettleLate(ledger, journal)
  const acks = createAcks((instanceId, waMessageId, ack) => {
    settleLate(instanceId, waMessageId, ack).catch((error: unknown) => report.ledgerFailed(instanceId, error))
  })
  const recipients = new Recipients({ db, groupMetadata: (id, jid) => groups.metadata(id, jid) })
  const guardedFetch = createGuardedFetch({
    allowedHosts: config.MEDIA_ALLOWED_HOSTS,
    ownFiles: ownFilesOf(config),
  })
  lifecycle.onStop('media fetches', () => guardedFetch.close())
  const sender = new Sender({
    reach: (id, open, jid) => recipients.reach(id, open, jid),
    settings: (id) => settings.of(id),
    findMessage: createFindMessage(db, ledger),
    maxMediaBytes: config.MEDIA_MAX_BYTES,
    limits: { ceiling: config.SEND_CEILING, maxWaiting: config.SEND_QUEUE_LIMIT },
    onSent: (sent, content) => tellPoll(journal, sent, content),
    ...{ socket, guardedFetch, ledger, acks, settleLate, report },
  })
  return { ledger, acks, recipients, sender }
}

/** Uploads are fetched from the API that events are posted to, or that messages are pulled from. */
const ownFilesOf = ({ GATEWAY_API_BASE_URL, WHATSAPP_WEBHOOK_URL }: Config): string =>
  new URL('/api/uploads/', GATEWAY_API_BASE_URL ?? WHATSAPP_WEBHOOK_URL).href

/** An acknowledgement that nobody waits for any more changes the stored answer, and the API is told. */
function createSettleLate(ledger: SendLedger, journal: Journal): SenderDependencies['settleLate'] {
  return async (instanceId, waMessageId, ack) => {
    const jid = await ledger.settleLate(instanceId, waMessageId, ack)
    if (jid === undefined) return
    const refusedWith = ack.kind === 'refused' ? ack.code : undefined
    journal.append(toAckEntry({ waMessageId, jid, refusedWith }, { instanceId, receivedAt: new Date() }))
  }
}

/** The API cannot read the votes of a poll without its secret, which Baileys made: so it is told of polls. */
function tellPoll(
  journal: Journal,
  { instanceId, message, jid, waMessageId }: SentMessage,
  content: proto.IMessage,
) {
  if (message.type !== 'poll') return
  const remoteJid = formatJid(jid)
  const sent = { key: { remoteJid, id: waMessageId, fromMe: true }, message: content }
  const told = toOutboundEntry(sent, { instanceId, upsertType: 'notify', receivedAt: new Date() })
  if (told) journal.append(told)
}
