import type { Envelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { shardOf } from '@carteiro/queue/shard'
import { sql } from 'kysely'
import { recordConsent } from '../consents/record-consent.ts'
import { saveTold } from '../contacts/save-told.ts'
import { commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { applyChange } from '../messages/apply-change.ts'
import { recordVote } from '../messages/record-vote.ts'
import { saveCall } from '../messages/save-call.ts'
import { saveMessage } from '../messages/save-message.ts'
import { saveUndecryptable } from '../messages/save-undecryptable.ts'
import { notifyOfEvents } from '../notifications/follow-log.ts'
import { cancelDelivery } from '../outbox/cancel-delivery.ts'
import { recordReceipt } from '../outbox/receipts.ts'
import { settle } from '../outbox/settle.ts'
import { addNote } from '../tickets/add-note.ts'
import { changeTicket } from '../tickets/change-ticket.ts'
import { beginUpload } from '../uploads/begin-upload.ts'
import { keepUpload } from '../uploads/keep-upload.ts'
import {
  editEnvelope,
  envelopeBase,
  messageEnvelope,
  reactionEnvelope,
  revokeEnvelope,
  statusEnvelope,
  undecryptableEnvelope,
  voteEnvelope,
} from './envelopes.ts'
import { mediaEnvelope } from './media-envelope.ts'
import { openOutbox, sentOf } from './outbox.ts'
import { queueInShard } from './queue-in-shard.ts'
import type { TestDomain } from './start-domain.ts'

/** A person whose every trace can be told from all else: texts begin with `mark`. */
export interface MarkedPerson {
  phone: string
  lid: string
  mark: string
}

const ACT = { tenantId: 'acme', actor: 'colleague', requestId: 'request-1' }

/**
 * Puts a person through every path by which something of it is stored, for tests. Nothing stays open: what was queued
 * is sent, failed or cancelled.
 *
 * @returns the contact, its open ticket, the message with a file, and uploads: one that was sent, one that was not
 */
export async function fillPerson(domain: TestDomain, person: MarkedPerson) {
  const { phone, lid, mark } = person
  const { db } = domain
  const act = <Result>(run: (work: UnitOfWork) => Promise<Result>) => commit(domain, run)
  const write = (text: string, fields: Parameters<typeof messageEnvelope>[0] = {}) => {
    const envelope = messageEnvelope({ phone, text: `${mark} ${text}`, ...fields })
    return act((work) => saveMessage(work, envelope)).then(() => envelope.providerMessageId)
  }

  const contact = { phone, name: `${mark} name`, pushName: `${mark} push`, document: `${mark} document` }
  await write('first', {
    contact: { ...contact, registrations: [`${mark} reg`], avatarUrl: `https://a/${mark}` },
  })
  // Another contact at first: the two turn out to be one.
  await write('by LID at first', { chatKey: lid, contact: { pushName: `${mark} LID` } })
  const told = { phone, lid, contact: {} }
  await act((work) => saveTold(work, { ...envelopeBase({ phone }), kind: 'contact', ...told }))
  const { id: contactId } = await db
    .selectFrom('contact')
    .select('id')
    .where('phone', '=', phone)
    .executeTakeFirstOrThrow()
  await sql`update contact set attributes = ${JSON.stringify({ own: `${mark} attribute` })} where id = ${contactId}`.execute(
    db,
  )
  const first = await ticketOf(domain, contactId)
  await changeTicket(domain, { ...ACT, id: first, change: { status: 'closed' } })

  const edited = await write('before the edit')
  const change = { phone, targetMessageId: edited }
  await act((work) => applyChange(work, editEnvelope({ ...change, text: `${mark} edited` })))
  await act((work) => applyChange(work, reactionEnvelope({ ...change, emoji: `${mark} reaction` })))
  const revoked = await write('revoked')
  await act((work) => applyChange(work, revokeEnvelope({ phone, targetMessageId: revoked })))
  await act((work) =>
    applyChange(work, editEnvelope({ phone, targetMessageId: newId(), text: `${mark} early` })),
  )
  await act((work) => saveUndecryptable(work, undecryptableEnvelope({ phone })))
  const call = { ...envelopeBase({ phone }), contact: { phone }, participantJid: null }
  await act((work) =>
    saveCall(work, { ...call, kind: 'call', details: { callId: newId(), from: `${mark} call` } }),
  )
  const file = mediaEnvelope({ phone, media: { fileName: `${mark} file.jpg` } })
  await act((work) => saveMessage(work, file))
  await writePoll(domain, person, person.mark, { phone })
  const ticketId = await ticketOf(domain, contactId)
  await addNote(domain, { ...ACT, id: ticketId, text: `${mark} note` })
  await recordConsent(domain, {
    ...ACT,
    contactId,
    purpose: 'marketing',
    status: 'granted',
    source: `${mark} source`,
  })
  await sql`update ticket set known_fields = ${JSON.stringify({ email: `${mark} field` })} where id = ${ticketId}`.execute(
    db,
  )
  await sql`
    insert into flow_state (tenant_id, ticket_id, state)
    values ('acme', ${ticketId}, ${JSON.stringify({ fields: { name: `${mark} answer` } })})`.execute(db)

  const uploadIds = [await bring(domain, person, contactId), await bring(domain, person, contactId)]
  await sendAll(domain, person, uploadIds[0])
  await writeInGroup(domain, person)
  await waitInQueue(domain, person)
  await notifyOfEvents(domain)
  const { id: fileId } = await db
    .selectFrom('message')
    .select('id')
    .where('provider_message_id', '=', file.providerMessageId)
    .executeTakeFirstOrThrow()
  return { contactId, ticketId, fileId, uploadIds }
}

const ticketOf = async ({ db }: TestDomain, contactId: string): Promise<string> =>
  (
    await db
      .selectFrom('ticket')
      .select('id')
      .where('contact_id', '=', contactId)
      .where('status', '<>', 'closed')
      .executeTakeFirstOrThrow()
  ).id

/** A file is brought for the person; its bytes are the caller's to store. */
async function bring(domain: TestDomain, { mark }: MarkedPerson, contactId: string): Promise<string> {
  const id = await beginUpload(domain.db, { tenantId: 'acme', actor: 'colleague', seconds: 60 })
  const file = {
    mediaType: 'application/pdf',
    size: mark.length,
    sha256: 'ab',
    fileName: `${mark} brought.pdf`,
  }
  const fields = { type: 'document' as const, caption: `${mark} caption`, contactId }
  await keepUpload(domain.db, { ...ACT, id, ...file, fields, hours: 24 })
  return id
}

/** A poll of the chat `where`, and the person's vote in it. */
async function writePoll(
  domain: TestDomain,
  { phone }: MarkedPerson,
  said: string,
  where: Parameters<typeof messageEnvelope>[0] & { phone: string },
): Promise<void> {
  const option = `${said} option`
  const message = {
    type: 'poll',
    poll: { name: `${said} poll`, options: [option] },
    pollCreationMessage: { name: `${said} poll`, options: [{ optionName: option }] },
  }
  const poll = messageEnvelope({ ...where, message })
  await commit(domain, (work) => saveMessage(work, poll))
  const { chatKey, providerMessageId: pollMessageId } = poll
  const vote = voteEnvelope({ phone, chatKey, pollMessageId, selectedOptions: [option] })
  await commit(domain, (work) => recordVote(work, vote))
}

/** One that is sent, with its receipts; one that fails; one that is taken back. */
async function sendAll(
  domain: TestDomain,
  { phone, mark }: MarkedPerson,
  uploadId: string | undefined,
): Promise<void> {
  const { enqueue, claimAll } = openOutbox(domain)
  const told = { recipient_id: phone.slice(1), note: `${mark} receipt` }
  const fields = { to: phone, dossierId: `${mark} dossier`, subject: `${mark} subject` }
  await enqueue({ to: phone, intent: { intent: 'document', uploadId, fileName: `${mark} sent.pdf` } })
  const sent = await enqueue({ ...fields, text: `${mark} sent`, idempotencyKey: `${mark} key ${phone}` })
  const response = { to: `${mark} response ${phone}` }
  for (let claimed = await claimAll(); claimed.length > 0; claimed = await claimAll()) {
    for (const each of claimed) await settle(domain, each, { ...sentOf(each), response })
  }
  const receipt = { phone, details: told, status: 'READ' as const }
  for (const providerMessageId of [`3EB0-${sent}`, `3EB0${newId()}`]) {
    await commit(domain, (work) => recordReceipt(work, statusEnvelope({ ...receipt, providerMessageId })))
  }
  await enqueue({ to: phone, text: `${mark} failed` })
  for (const claimed of await claimAll()) {
    const message = `${mark} refused ${phone}`
    await settle(domain, claimed, { status: 'failed', fault: 'message', code: 'INVALID_TO', message })
  }
  const id = await enqueue({ to: phone, text: `${mark} cancelled` })
  await cancelDelivery(domain, { ...ACT, id })
}

/** The person writes in a group, is quoted there by another member, reacts and votes. */
async function writeInGroup(domain: TestDomain, person: MarkedPerson): Promise<void> {
  const { phone, lid, mark } = person
  const jid = `${phone.slice(1)}@s.whatsapp.net`
  const chatKey = `12036300000000${phone.slice(-2)}@g.us`
  const act = <Result>(run: (work: UnitOfWork) => Promise<Result>) => commit(domain, run)
  const contact = { phone, name: `${mark} member` }
  const own = messageEnvelope({ chatKey, participantJid: jid, contact, text: `${mark} to the group` })
  await act((work) => saveMessage(work, own))
  await act((work) =>
    saveMessage(work, messageEnvelope({ chatKey, participantJid: lid, contact, text: `${mark} by LID` })),
  )
  const quote = {
    quotedMessageId: own.providerMessageId,
    quotedText: `${mark} quoted`,
    quotedParticipant: jid,
  }
  const message = { type: 'text', text: `@${phone.slice(1)} agreed`, ...quote, mentions: [jid] }
  const another = { participantJid: '5511900000009@s.whatsapp.net', contact: { phone: '+5511900000009' } }
  const answer = messageEnvelope({ chatKey, ...another, message })
  await act((work) => saveMessage(work, answer))
  const reaction = { chatKey, participantJid: jid, targetMessageId: answer.providerMessageId }
  await act((work) => applyChange(work, reactionEnvelope({ ...reaction, emoji: `${mark} in the group` })))
  await writePoll(domain, person, 'lunch', { phone, chatKey, ...another })
  await sql`
    insert into message_receipt (tenant_id, message_id, participant, status, details, occurred_at)
    select tenant_id, id, ${jid}, 'READ', ${JSON.stringify({ note: `${mark} in the group` })}, now()
    from message where provider_message_id = ${answer.providerMessageId}`.execute(domain.db)
}

/** Events of the person that were set aside, are done, or could not be stored yet. */
async function waitInQueue(domain: TestDomain, { phone, mark }: MarkedPerson): Promise<void> {
  const dead: Envelope = messageEnvelope({ phone, text: `${mark} set aside` })
  const at = new Date().toISOString()
  await commit(domain, ({ transaction }) =>
    enqueueDead(domain.queue, transaction, { envelope: dead, error: `${mark} error`, attempts: 3, at }),
  )
  const shard = shardOf('acme', dead.chatKey)
  await queueInShard(domain, shard, [messageEnvelope({ phone, text: `${mark} done` })])
  await sql`
    update pgboss.job set state = 'completed', completed_on = now()
    where data::text like ${`%${mark} done%`}`.execute(domain.db)
  const another = messageEnvelope({ phone: '+5511900000009' })
  await queueInShard(domain, shard, [messageEnvelope({ phone, text: `${mark} waiting` }), another])
}
