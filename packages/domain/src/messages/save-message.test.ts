import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { editEnvelope, envelopeBase, messageEnvelope, undecryptableEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { applyChange, type ChangeEnvelope } from './apply-change.ts'
import { saveCall } from './save-call.ts'
import { saveMessage } from './save-message.ts'
import { saveUndecryptable } from './save-undecryptable.ts'

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

let last = 0
const newPhone = () => `+55119${String(33340000 + ++last)}`

t.test('what could not be decrypted is replaced in its place when the real message comes', async (t) => {
  const phone = newPhone()
  const real = messageEnvelope({ phone, text: 'readable' })
  const { providerMessageId } = real
  const placeholder = undecryptableEnvelope({ phone, providerMessageId })
  const keep = () => commit(domain, (work) => saveUndecryptable(work, placeholder))
  t.match(await keep(), { status: 'saved' })
  t.match(await keep(), { status: 'duplicate' })
  const before = await read(providerMessageId)
  t.match(before, { type: 'undecryptable', text: null })
  await apply(editEnvelope({ phone, targetMessageId: providerMessageId, text: 'edited' }))
  t.match(await save(messageEnvelope({ phone, text: 'after' })), { status: 'saved' })
  t.match(await save(real), { status: 'replaced', messageId: before.id })
  t.match(await save(real), { status: 'duplicate' })
  t.match(await read(providerMessageId), { number: before.number, type: 'text', text: 'edited' })
  t.equal(await previewOf(providerMessageId), 'after', 'the preview stays the last message\u2019s')
  t.same(await changesOf(providerMessageId), ['decrypted', 'edited'])
  const ticket = await db
    .selectFrom('ticket')
    .select('unread_count')
    .where('id', '=', before.ticket_id)
    .executeTakeFirst()
  t.equal(ticket?.unread_count, 2, 'it is unread once')
  t.match(await keep(), { status: 'duplicate' }, 'a placeholder does not hide the real one')
})

t.test('a message whose preview would end within an emoji is stored whole', async (t) => {
  const phone = newPhone()
  const text = `${'a'.repeat(119)}\u{1f600} and more`
  const envelope = messageEnvelope({ phone, text })
  t.match(await save(envelope), { status: 'saved' })
  t.equal((await read(envelope.providerMessageId)).text, text)
  t.match(await previewOf(envelope.providerMessageId), /^a{119}.$/u)
})

t.test('a call is one message of its ticket, whatever is told of it', async (t) => {
  const phone = newPhone()
  const call = (status: string) =>
    commit(domain, (work) =>
      saveCall(work, {
        ...envelopeBase({ phone }),
        kind: 'call',
        contact: { phone },
        participantJid: null,
        details: { id: `call of ${phone}`, status },
      }),
    )
  t.match(await call('offer'), { status: 'saved' })
  t.match(await call('timeout'), { status: 'updated' })
  t.match(await read(`call:call of ${phone}`), { type: 'call', text: null, content: { status: 'timeout' } })
})

t.test(
  'a message of a group is the group\u2019s, and a member\u2019s names are not the group\u2019s',
  async (t) => {
    const chatKey = '120363000000000003@g.us'
    const participantJid = '5511900000009@s.whatsapp.net'
    const contact = { phone: '+5511900000009', pushName: 'Ana' }
    const envelope = messageEnvelope({ chatKey, participantJid, contact })
    await save(envelope)
    const row = await read(envelope.providerMessageId)
    t.match(row.metadata, { participantJid, participant: { phone: contact.phone, name: 'Ana' } })
    const group = await db
      .selectFrom('contact')
      .selectAll()
      .where('id', '=', row.contact_id)
      .executeTakeFirst()
    t.match(group, { kind: 'group', jid: chatKey, name: null, phone: null })
  },
)
