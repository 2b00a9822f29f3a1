import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { catchUp } from '../envelopes/catch-up.ts'
import { commit } from '../events/unit-of-work.ts'
import { editEnvelope, messageEnvelope, reactionEnvelope, revokeEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { applyChange, type ChangeEnvelope } from './apply-change.ts'
import { findMessage } from './find-message.ts'
import { lockMessage } from './lock-message.ts'
import { saveMessage } from './save-message.ts'

const domain = await startDomain(t)
const { db } = domain

const save = (envelope: ReturnType<typeof messageEnvelope>) =>
  commit(domain, (work) => saveMessage(work, envelope))
const apply = (envelope: ChangeEnvelope) => commit(domain, (work) => applyChange(work, envelope))
const read = (providerMessageId: string) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('provider_message_id', '=', providerMessageId)
    .executeTakeFirstOrThrow()
const previewOf = async (providerMessageId: string) => {
  const { ticket_id } = await read(providerMessageId)
  return (await db.selectFrom('ticket').select('preview').where('id', '=', ticket_id).executeTakeFirst())
    ?.preview
}
const changesOf = async (providerMessageId: string): Promise<string[]> => {
  const { rows } = await sql<{ what: string }>`
    select payload #>> '{change,what}' as what from event
    where type = 'messages.updated' and payload #>> '{message,providerMessageId}' = ${providerMessageId}
    order by seq`.execute(db)
  return rows.map(({ what }) => what)
}
const at = (second: number) => `2024-05-02T13:05:${String(second).padStart(2, '0')}.000Z`

let last = 0
const newPhone = () => `+55119${String(33340000 + ++last)}`

t.test('an edited message says what it says now, and what it said before is kept', async (t) => {
  const phone = newPhone()
  const original = messageEnvelope({ phone, text: 'one' })
  const targetMessageId = original.providerMessageId
  await save(original)
  t.match(await apply(editEnvelope({ phone, targetMessageId, text: 'two', timestamp: at(1) })), {
    status: 'changed',
  })
  await apply(editEnvelope({ phone, targetMessageId, text: 'three', timestamp: at(2) }))
  t.match(await apply(editEnvelope({ phone, targetMessageId, text: 'late', timestamp: at(1) })), {
    status: 'stale',
  })
  const row = await read(targetMessageId)
  t.match(row, {
    type: 'text',
    text: 'three',
    metadata: { edits: [{ text: 'one' }, { text: 'two' }], editedAt: at(2) },
  })
  t.equal(await previewOf(targetMessageId), 'three')
  t.same(await changesOf(targetMessageId), ['edited', 'edited'])
})

t.test('a customer changes nothing that we wrote, and our own phone does', async (t) => {
  const phone = newPhone()
  const ours = messageEnvelope({ phone, direction: 'outbound', text: 'the price is 10' })
  const targetMessageId = ours.providerMessageId
  await save(ours)
  for (const change of [editEnvelope, revokeEnvelope]) {
    t.match(await apply(change({ phone, targetMessageId })), { status: 'ignored' })
  }
  t.match(await read(targetMessageId), { type: 'text', text: 'the price is 10' })
  await apply(editEnvelope({ phone, targetMessageId, fromMe: true, text: 'the price is 12' }))
  t.match(await read(targetMessageId), { text: 'the price is 12' })
  t.match(await apply(revokeEnvelope({ phone, targetMessageId, fromMe: true })), { status: 'changed' })

  const theirs = messageEnvelope({ phone })
  await save(theirs)
  for (const change of [editEnvelope, revokeEnvelope]) {
    const made = change({ phone, targetMessageId: theirs.providerMessageId, fromMe: true })
    t.match(await apply(made), { status: 'ignored' })
  }
})

t.test('an edited caption keeps its picture', async (t) => {
  const phone = newPhone()
  const picture = messageEnvelope({ phone, message: { type: 'image', text: 'cat', media: { url: 'u' } } })
  await save(picture)
  await apply(editEnvelope({ phone, targetMessageId: picture.providerMessageId, text: 'dog' }))
  t.match(await read(picture.providerMessageId), {
    type: 'image',
    text: 'dog',
    content: { media: { url: 'u' } },
  })
})

t.test('a member of a group rewrites nothing that another member said', async (t) => {
  const chatKey = '120363000000000001@g.us'
  const one = messageEnvelope({ chatKey, participantJid: '5511900000001@s.whatsapp.net', text: 'mine' })
  await save(one)
  const edit = (participantJid: string) =>
    apply(editEnvelope({ chatKey, participantJid, targetMessageId: one.providerMessageId }))
  t.match(await edit('5511900000002@s.whatsapp.net'), { status: 'ignored' })
  t.equal((await read(one.providerMessageId)).text, 'mine')
  t.match(await edit('5511900000001:7@s.whatsapp.net'), { status: 'changed' })
})

t.test('a deleted message keeps its place and nothing of what it said', async (t) => {
  const phone = newPhone()
  const original = messageEnvelope({ phone, text: 'my secret' })
  const targetMessageId = original.providerMessageId
  await save(original)
  await apply(editEnvelope({ phone, targetMessageId, text: 'my other secret' }))
  const before = await read(targetMessageId)
  t.match(await apply(revokeEnvelope({ phone, targetMessageId })), { status: 'changed' })
  const after = await read(targetMessageId)
  t.match(after, { id: before.id, number: before.number, type: 'revoked', text: null, content: {} })
  t.notMatch(JSON.stringify([after, await previewOf(targetMessageId)]), /secret/)
  t.match(await apply(editEnvelope({ phone, targetMessageId })), { status: 'ignored' })
  t.match(await save(original), { status: 'duplicate' }, 'it does not come back')
})

t.test('a person has one reaction to a message: the last one', async (t) => {
  const phone = newPhone()
  const original = messageEnvelope({ phone })
  const targetMessageId = original.providerMessageId
  await save(original)
  const reactions = () =>
    db
      .selectFrom('message_reaction')
      .innerJoin('message', 'message.id', 'message_reaction.message_id')
      .select('emoji')
      .where('provider_message_id', '=', targetMessageId)
      .execute()
  const react = (emoji: string | null, second: number) =>
    apply(reactionEnvelope({ phone, targetMessageId, emoji, timestamp: at(second) }))
  await react('👍', 1)
  await react('❤️', 3)
  t.match(await react('😮', 2), { status: 'stale' })
  t.same(await reactions(), [{ emoji: '❤️' }])
  await react(null, 4)
  t.match(await react('👍', 3), { status: 'stale' }, 'an older one does not return')
  t.same(await reactions(), [{ emoji: null }])
})

t.test('members of a group react each for themselves, however their jid is spelled', async (t) => {
  const chatKey = '120363000000000002@g.us'
  const original = messageEnvelope({ chatKey, participantJid: '5511900000001@s.whatsapp.net' })
  const targetMessageId = original.providerMessageId
  await save(original)
  for (const participantJid of [
    '5511900000001@s.whatsapp.net',
    '5511900000001:4@s.whatsapp.net',
    '99001@lid',
  ])
    await apply(reactionEnvelope({ chatKey, participantJid, targetMessageId }))
  const { id } = await read(targetMessageId)
  const rows = await db
    .selectFrom('message_reaction')
    .select('reactor')
    .where('message_id', '=', id)
    .orderBy('reactor')
    .execute()
  t.same(
    rows.map(({ reactor }) => reactor),
    ['5511900000001@s.whatsapp.net', '99001@lid'],
  )
})

t.test('changes that come before their message are applied when it comes, in order', async (t) => {
  const phone = newPhone()
  const original = messageEnvelope({ phone, text: 'one' })
  const targetMessageId = original.providerMessageId
  for (const change of [
    editEnvelope({ phone, targetMessageId, text: 'two', timestamp: at(1) }),
    editEnvelope({ phone, targetMessageId, text: 'three', timestamp: at(2) }),
    reactionEnvelope({ phone, targetMessageId }),
  ])
    t.match(await apply(change), { status: 'waiting' })
  await save(original)
  t.match(await read(targetMessageId), {
    text: 'three',
    metadata: { edits: [{ text: 'one' }, { text: 'two' }] },
  })
  t.same(await changesOf(targetMessageId), ['edited', 'edited', 'reaction'])
  t.same(await db.selectFrom('pending_change').selectAll().execute(), [])
})

t.test('a change that missed its message by a moment finds it afterwards', async (t) => {
  const phone = newPhone()
  const original = messageEnvelope({ phone })
  const revoke = revokeEnvelope({ phone, targetMessageId: original.providerMessageId })
  // Neither transaction sees the other: the change is kept while the message is being stored.
  await commit(domain, async (work) => {
    await saveMessage(work, original)
    await apply(revoke)
  })
  t.equal((await read(original.providerMessageId)).type, 'text')
  t.equal(await catchUp(domain), 1)
  t.equal((await read(original.providerMessageId)).type, 'revoked')
  t.equal(await catchUp(domain), 0)
})

t.test('nothing of another tenant is changed', async (t) => {
  const original = messageEnvelope({ phone: newPhone(), text: 'ours' })
  await save(original)
  const theirs = { tenantId: 'other', instanceId: 'other-phone', id: newId() }
  const targetMessageId = original.providerMessageId
  t.match(await apply(editEnvelope({ ...theirs, targetMessageId })), { status: 'waiting' })
  t.match(await apply(revokeEnvelope({ ...theirs, targetMessageId })), { status: 'waiting' })
  t.equal((await read(targetMessageId)).text, 'ours')
})

t.test('words of a message may be written while it is changed', async (t) => {
  const envelope = messageEnvelope({ phone: newPhone() })
  await save(envelope)
  const { id: messageId } = await read(envelope.providerMessageId)
  const isFree = async () =>
    (await sql`select from message where id = ${messageId} for key share skip locked`.execute(db)).rows.length
  await commit(domain, async (work) => {
    await findMessage(work, envelope)
    t.equal(await isFree(), 1)
  })
  await commit(domain, async (work) => {
    await lockMessage(work, { tenantId: 'acme', messageId })
    t.equal(await isFree(), 1)
  })
})
