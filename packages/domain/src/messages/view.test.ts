import type { Envelope } from '@carteiro/contracts/envelope'
import { MessageView } from '@carteiro/contracts/event'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { queueReaction } from '../outbox/queue-intents.ts'
import { recordReceipt } from '../outbox/receipts.ts'
import {
  editEnvelope,
  messageEnvelope,
  reactionEnvelope,
  revokeEnvelope,
  statusEnvelope,
  voteEnvelope,
} from '../testing/envelopes.ts'
import { envelope } from '../testing/queued.ts'
import { startDomain } from '../testing/start-domain.ts'
import { applyChange, type ChangeEnvelope } from './apply-change.ts'
import { listMessages } from './list-messages.ts'
import { readMessage } from './read-message.ts'
import { recordVote } from './record-vote.ts'
import { saveMessage } from './save-message.ts'

const domain = await startDomain(t)
const { db } = domain
const act = <Result>(run: (work: UnitOfWork) => Promise<Result>) => commit(domain, run)
const apply = (envelope: ChangeEnvelope) => act((work) => applyChange(work, envelope))

let last = 0
const newPhone = () => `+55119${String(33350000 + ++last)}`
const at = (second: number) => `2024-05-02T13:05:${String(second).padStart(2, '0')}.000Z`

/** Stores a message. @returns its ids */
async function save(envelope: ReturnType<typeof messageEnvelope>) {
  const result = await act((work) => saveMessage(work, envelope))
  if (result.status !== 'saved') throw new Error(result.status)
  return { ...result, providerMessageId: envelope.providerMessageId }
}

/** A message as its ticket's list, the route of one and its newest event show it: the same each time. */
async function viewOf({ messageId, ticketId }: { messageId: string; ticketId: string }) {
  const { items } = await listMessages(db, { tenantId: 'acme', ticketId, limit: 50 })
  const listed = items.find(({ id }) => id === messageId)
  t.same(await readMessage(db, { tenantId: 'acme', id: messageId }), listed)
  t.same(MessageView.parse(listed), listed, 'as the contract has it')
  return MessageView.parse(listed)
}

async function toldOf(messageId: string): Promise<MessageView> {
  const { rows } = await sql<{ message: unknown }>`
    select payload -> 'message' as message from event
    where payload #>> '{message,id}' = ${messageId} order by seq desc limit 1`.execute(db)
  return MessageView.parse(rows[0]?.message)
}

t.test('a message to which nothing happened has nothing', async (t) => {
  const message = await save(messageEnvelope({ phone: newPhone() }))
  const view = await viewOf(message)
  t.match(view, { quoted: null, reactions: [], poll: null, location: null, contacts: null, mentions: [] })
  t.match(view, { participant: null, editedAt: null, revokedAt: null, forwarded: false })
  t.match(view, { deliveredAt: null, readAt: null, receipts: null })
  t.same(await toldOf(message.messageId), view)
})

t.test('a message shows the one that it answers, as that is now', async (t) => {
  const phone = newPhone()
  const question = await save(messageEnvelope({ phone, text: `How much? ${'x'.repeat(300)}` }))
  const content = {
    type: 'text',
    text: 'this',
    quotedMessageId: question.providerMessageId,
    quotedText: 'old',
  }
  const answer = await save(messageEnvelope({ phone, message: content }))
  const { quoted } = await viewOf(answer)
  t.match(quoted, { id: question.messageId, direction: 'inbound', type: 'text', media: null })
  t.equal(quoted?.text, `How much? ${'x'.repeat(190)}`)
  t.same((await toldOf(answer.messageId)).quoted, quoted, 'its event says so, too')
  await apply(revokeEnvelope({ phone, targetMessageId: question.providerMessageId }))
  t.match((await viewOf(answer)).quoted, { id: question.messageId, type: 'revoked', text: null })
})

t.test('of a quoted message that nobody here has, what came with the quote is shown', async (t) => {
  const quotedParticipant = '5511900000009@s.whatsapp.net'
  const quote = { quotedMessageId: '3EB0GONE', quotedType: 'text', quotedText: 'long ago', quotedParticipant }
  const message = { type: 'text', text: 'yes', ...quote }
  const answer = await save(messageEnvelope({ phone: newPhone(), message }))
  const unknown = { id: null, direction: null, media: null, participantJid: quotedParticipant }
  t.same((await viewOf(answer)).quoted, {
    ...unknown,
    ...{ providerMessageId: '3EB0GONE', type: 'text', text: 'long ago' },
  })
})

t.test('a quoted picture is shown with its file', async (t) => {
  const phone = newPhone()
  const picture = await save(
    messageEnvelope({ phone, message: { type: 'image', media: { fileName: 'a.jpg' } } }),
  )
  const content = { type: 'text', text: 'this one', quotedMessageId: picture.providerMessageId }
  const answer = await save(messageEnvelope({ phone, message: content }))
  const { quoted } = await viewOf(answer)
  t.match(quoted, { type: 'image', media: { state: 'pending', fileName: 'a.jpg' } })
})

t.test('the quote of another tenant, or of another instance, is not ours', async (t) => {
  const theirs = messageEnvelope({
    phone: newPhone(),
    tenantId: 'other',
    instanceId: 'other-phone',
    text: 'secret',
  })
  await save(theirs)
  const content = { type: 'text', text: 'and?', quotedMessageId: theirs.providerMessageId }
  const answer = await save(messageEnvelope({ phone: newPhone(), message: content }))
  t.match((await viewOf(answer)).quoted, { id: null, text: null })
})

t.test('of a person\u2019s reactions the newest holds, and one that was taken back is gone', async (t) => {
  const phone = newPhone()
  const message = await save(messageEnvelope({ phone }))
  const react = (emoji: string | null, second: number) =>
    apply(
      reactionEnvelope({ phone, targetMessageId: message.providerMessageId, emoji, timestamp: at(second) }),
    )
  await react('👍', 2)
  await react('🙈', 1)
  const { reactions } = await viewOf(message)
  t.match(reactions, [{ emoji: '👍', at: at(2) }])
  t.same((await toldOf(message.messageId)).reactions, reactions)
  await react(null, 3)
  t.same((await viewOf(message)).reactions, [])
})

t.test('what our side reacted is shown at its message, until it is taken back or has failed', async (t) => {
  const phone = newPhone()
  const message = await save(messageEnvelope({ phone }))
  const react = async (emoji: string) => {
    const intent = { messageId: message.messageId, emoji }
    const queued = await queueReaction(domain, envelope({ to: phone }), intent)
    if (queued.status !== 'queued') throw new Error(queued.status)
    return { messageId: queued.id, ticketId: message.ticketId }
  }
  const first = await react('👍')
  t.match(await viewOf(first), { type: 'reaction', quoted: { id: message.messageId } })
  const second = await react('🎉')
  t.match((await viewOf(message)).reactions, [{ by: 'us', emoji: '🎉' }])
  await db.updateTable('message').set({ state: 'FAILED' }).where('id', '=', second.messageId).execute()
  t.match((await viewOf(message)).reactions, [{ by: 'us', emoji: '👍' }])
  await react('')
  t.same((await viewOf(message)).reactions, [])
})

t.test('a poll shows how often each option was chosen, and by how many', async (t) => {
  const phone = newPhone()
  const options = [{ name: 'Yes' }, { name: 'No' }, { name: 'Later' }]
  const poll = { name: 'Shall we?', selectableCount: 2, options }
  const message = await save(messageEnvelope({ phone, message: { type: 'poll', text: 'Shall we?', poll } }))
  const vote = (voter: string, selectedOptions: string[], second: number) => {
    const voterJids = [`${voter}@s.whatsapp.net`]
    const told = { voterJids, selectedOptions, timestamp: at(second) }
    return act((work) =>
      recordVote(work, voteEnvelope({ phone, pollMessageId: message.providerMessageId, ...told })),
    )
  }
  await vote('5511900000001', ['Yes', 'Later'], 1)
  await vote('5511900000002', ['Yes'], 1)
  await vote('5511900000003', ['No'], 1)
  await vote('5511900000003', [], 2)
  const view = await viewOf(message)
  t.same(view.poll, {
    ...{ question: 'Shall we?', selectableCount: 2, voters: 2 },
    options: [
      { name: 'Yes', votes: 2 },
      { name: 'No', votes: 0 },
      { name: 'Later', votes: 1 },
    ],
  })
  t.same((await toldOf(message.messageId)).poll, view.poll)
})

t.test('an edited and a revoked message say when', async (t) => {
  const phone = newPhone()
  const message = await save(messageEnvelope({ phone }))
  await apply(editEnvelope({ phone, targetMessageId: message.providerMessageId, timestamp: at(1) }))
  t.match(await viewOf(message), { text: 'Edited', editedAt: at(1), revokedAt: null })
  await apply(revokeEnvelope({ phone, targetMessageId: message.providerMessageId, timestamp: at(2) }))
  t.match(await viewOf(message), { type: 'revoked', text: null, revokedAt: at(2) })
})

t.test('places, cards, mentions and the member of a group who wrote are shown', async (t) => {
  const location = { latitude: -23.5, longitude: -46.6, name: 'Paulista' }
  const place = await save(messageEnvelope({ phone: newPhone(), message: { type: 'location', location } }))
  t.same((await viewOf(place)).location, location)
  const contacts = [{ displayName: 'Ana', phones: ['+5511900000001'], vcard: 'BEGIN:VCARD' }]
  const card = await save(messageEnvelope({ phone: newPhone(), message: { type: 'contact', contacts } }))
  t.same((await viewOf(card)).contacts, [{ displayName: 'Ana', phones: ['+5511900000001'] }])
  const participantJid = '5511900000009@s.whatsapp.net'
  const mentions = ['5511900000001@s.whatsapp.net']
  const said = await save(
    messageEnvelope({
      chatKey: '120363000000000004@g.us',
      participantJid,
      contact: { phone: '+5511900000009', pushName: 'Ana' },
      message: { type: 'text', text: '@5511900000001', mentions, forwarded: true },
    }),
  )
  t.match(await viewOf(said), {
    participant: { jid: participantJid, phone: '+5511900000009', name: 'Ana' },
    mentions,
    forwarded: true,
  })
})

const receipt = (fields: Partial<Extract<Envelope, { kind: 'status' }>> & { providerMessageId: string }) =>
  act((work) => recordReceipt(work, statusEnvelope({ status: 'READ', ...fields })))

t.test('what we wrote shows when it was received, and when it was read', async (t) => {
  const sent = await save(messageEnvelope({ phone: newPhone(), direction: 'outbound' }))
  const { providerMessageId } = sent
  await receipt({ providerMessageId, status: 'DELIVERED', timestamp: at(1) })
  t.match(await viewOf(sent), { status: 'DELIVERED', deliveredAt: at(1), readAt: null, receipts: null })
  await receipt({ providerMessageId, timestamp: at(2) })
  t.match(await viewOf(sent), { status: 'READ', deliveredAt: at(1), readAt: at(2) })
  const read = await save(messageEnvelope({ phone: newPhone(), direction: 'outbound' }))
  await receipt({ providerMessageId: read.providerMessageId, timestamp: at(3) })
  t.match(await viewOf(read), { deliveredAt: at(3), readAt: at(3) }, 'who has read it has received it')
})

t.test('what we wrote to a group shows how many received it, and how many read it', async (t) => {
  const chatKey = '120363000000000005@g.us'
  const sent = await save(messageEnvelope({ chatKey, direction: 'outbound', providerMessageId: newId() }))
  const { providerMessageId } = sent
  const member = (n: number) => `551190000000${n}@s.whatsapp.net`
  for (const n of [1, 2, 3]) {
    await receipt({ providerMessageId, status: 'DELIVERED', participantJid: member(n) })
  }
  await receipt({ providerMessageId, participantJid: member(2) })
  await receipt({ providerMessageId, participantJid: member(4) })
  const view = await viewOf(sent)
  t.match(view, { deliveredAt: null, readAt: null, receipts: { delivered: 4, read: 2 } })
})
