import { sql } from 'kysely'
import t from 'tap'
import { listConsents, readConsent } from '../consents/read-consents.ts'
import { recordConsent } from '../consents/record-consent.ts'
import { commit } from '../events/unit-of-work.ts'
import { createInstance } from '../instances/create-instance.ts'
import { applyChange } from '../messages/apply-change.ts'
import { saveMessage } from '../messages/save-message.ts'
import { claim } from '../outbox/claim.ts'
import { queueMessage } from '../outbox/queue-message.ts'
import { settle } from '../outbox/settle.ts'
import { envelopeBase, messageEnvelope, reactionEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { saveGroup } from './save-group.ts'
import { saveTold } from './save-told.ts'
import { upsertContact } from './upsert.ts'

const domain = await startDomain(t)
const { db } = domain

let last = 0
const newPhone = () => `+55119${String(33350000 + ++last)}`
const newLid = () => `${7700000 + ++last}@lid`
const person = { kind: 'person' as const, jid: null }

const byPhone = (phone: string, text: string) =>
  commit(domain, (work) => saveMessage(work, messageEnvelope({ phone, text })))
const byLid = (lid: string, text: string, fields: Parameters<typeof messageEnvelope>[0] = {}) =>
  commit(domain, (work) =>
    saveMessage(work, messageEnvelope({ chatKey: lid, contact: { pushName: 'Mari' }, text, ...fields })),
  )
const told = (fields: { phone?: string; lid?: string; name?: string; pushName?: string }) =>
  commit(domain, (work) =>
    saveTold(work, {
      ...envelopeBase(),
      kind: 'contact',
      contact: { name: fields.name ?? null, pushName: fields.pushName ?? null },
      phone: fields.phone ?? null,
      lid: fields.lid ?? null,
    }),
  )
const contactsOf = (phone: string, lid: string) =>
  db
    .selectFrom('contact')
    .selectAll()
    .where((where) => where.or([where('phone', '=', phone), where('lid', '=', lid)]))
    .execute()
const ticketsOf = (contactId: string) =>
  db.selectFrom('ticket').selectAll().where('contact_id', '=', contactId).orderBy('created_at').execute()
const textsOf = async (ticketId: string) =>
  (
    await db
      .selectFrom('message')
      .select('text')
      .where('ticket_id', '=', ticketId)
      .orderBy('number')
      .execute()
  ).map(({ text }) => text)
const enqueue = async (to: string) => {
  const intent = { intent: 'text' as const, text: 'from us' }
  const request = {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    to,
    intent,
    maxAttempts: 6,
    actor: 'test',
    requestId: 'request-1',
  }
  const result = await queueMessage(domain, request)
  if (result.status !== 'queued') throw new Error(result.status)
  return result.id
}

t.test(
  'one who wrote by phone and by LID is one contact with one open ticket and every message',
  async (t) => {
    const [phone, lid] = [newPhone(), newLid()]
    await byPhone(phone, '1')
    await byLid(lid, '2')
    await byPhone(phone, '3')
    await told({ phone, lid })
    const [contact, ...others] = await contactsOf(phone, lid)
    t.match(contact, { phone, lid, push_name: 'Mari' })
    t.same(others, [])
    const tickets = await ticketsOf(contact?.id ?? '')
    t.match(tickets, [
      { status: 'open', unread_count: 3, preview: '3' },
      { status: 'closed', unread_count: 0, metadata: { mergedInto: tickets[0]?.id } },
    ])
    t.same(await textsOf(tickets[0]?.id ?? ''), ['1', '2', '3'])
    await byLid(lid, '4')
    await byPhone(phone, '5')
    t.same(await textsOf(tickets[0]?.id ?? ''), ['1', '2', '3', '4', '5'])
    const { rows } = await sql<{ type: string }>`
    select type from event where contact_id = ${contact?.id} and type in ('contact.merged', 'ticket.updated')`.execute(
      db,
    )
    t.same(rows.map(({ type }) => type).sort(), ['contact.merged', 'ticket.updated', 'ticket.updated'])
  },
)

t.test('the older ticket and contact stay, also when they were known by LID', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await byLid(lid, '1')
  const [first] = await contactsOf('', lid)
  await byPhone(phone, '2')
  await byLid(lid, '3', { contact: { phone } })
  const [contact, ...others] = await contactsOf(phone, lid)
  t.equal(contact?.id, first?.id)
  t.same(others, [])
  const [open] = await ticketsOf(contact?.id ?? '')
  t.same(await textsOf(open?.id ?? ''), ['1', '2', '3'])
})

t.test(
  'what waits to be sent to either of the two is sent, and its news reach the ticket that goes on',
  async (t) => {
    const [phone, lid] = [newPhone(), newLid()]
    await byPhone(phone, '1')
    const ids = [await enqueue(lid), await enqueue(phone)]
    await told({ phone, lid })
    const [contact] = await contactsOf(phone, lid)
    const [open] = await ticketsOf(contact?.id ?? '')
    const claimed = await claim(domain, {
      tenantId: 'acme',
      instanceId: 'acme-phone',
      limit: 9,
      claimSeconds: 60,
    })
    t.same(claimed.map(({ id }) => id).sort(), ids.toSorted(), 'lanes are left alone')
    for (const delivery of claimed) {
      const outcome = { status: 'sent' as const, providerMessageId: `3EB0${delivery.id}`, response: {} }
      t.same(await settle(domain, delivery, outcome), { status: 'SENT' })
    }
    const rows = await db
      .selectFrom('delivery')
      .select(['ticket_id', 'contact_id'])
      .where('id', 'in', ids)
      .execute()
    t.same(rows, Array(2).fill({ ticket_id: open?.id, contact_id: contact?.id }))
  },
)

t.test('closed tickets are kept, and belong to the one contact', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await byLid(lid, '1')
  const [gone] = await contactsOf('', lid)
  await sql`update ticket set status = 'closed', closed_at = now() where contact_id = ${gone?.id}`.execute(db)
  await byPhone(phone, '2')
  await told({ phone, lid })
  const [contact] = await contactsOf(phone, lid)
  const tickets = await ticketsOf(contact?.id ?? '')
  t.same(tickets.map(({ status }) => status).sort(), ['closed', 'open'])
  t.same(await Promise.all(tickets.map(({ id }) => textsOf(id))), [['1'], ['2']])
})

t.test('open tickets on two instances both go on', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await createInstance(db, { id: 'acme-second', tenantId: 'acme', name: 'Second' })
  await byPhone(phone, '1')
  await byLid(lid, '2', { instanceId: 'acme-second' })
  await told({ phone, lid })
  const [contact] = await contactsOf(phone, lid)
  t.match(await ticketsOf(contact?.id ?? ''), [
    { status: 'open', instance_id: 'acme-phone' },
    { status: 'open', instance_id: 'acme-second' },
  ])
})

t.test('one who reacted before and after has one reaction', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await byPhone(phone, '1')
  const envelope = messageEnvelope({ chatKey: lid, contact: {} })
  const react = (emoji: string) =>
    commit(domain, (work) =>
      applyChange(work, reactionEnvelope({ targetMessageId: envelope.providerMessageId, emoji })),
    )
  await commit(domain, (work) => saveMessage(work, envelope))
  await react('👍')
  await told({ phone, lid })
  await react('❤️')
  const [contact] = await contactsOf(phone, lid)
  t.same(await db.selectFrom('message_reaction').select(['reactor', 'emoji']).execute(), [
    { reactor: contact?.id, emoji: '❤️' },
  ])
})

t.test('a name that was given is kept, whichever of the two had it', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await byLid(lid, '1')
  await byPhone(phone, '2')
  await told({ phone, name: 'Maria Silva' })
  await told({ phone, lid })
  t.match(await contactsOf(phone, lid), [{ name: 'Maria Silva', named: true }])
})

t.test('merging while both are written to loses nothing and leaves one open ticket', async (t) => {
  for (let round = 0; round < 5; round++) {
    const [phone, lid] = [newPhone(), newLid()]
    await byPhone(phone, 'p')
    await byLid(lid, 'l')
    await Promise.all([
      ...Array.from({ length: 4 }, (_, n) => byPhone(phone, `p${n}`)),
      ...Array.from({ length: 4 }, (_, n) => byLid(lid, `l${n}`)),
      told({ phone, lid }),
      told({ phone, lid }),
      enqueue(phone),
      enqueue(lid),
    ])
    const [contact, ...others] = await contactsOf(phone, lid)
    t.same(others, [])
    const open = (await ticketsOf(contact?.id ?? '')).filter(({ status }) => status === 'open')
    t.equal(open.length, 1)
    t.equal((await textsOf(open[0]?.id ?? '')).length, 12)
    t.equal(open[0]?.unread_count, 10)
  }
})

t.test('a person of whom only names are told, and who never wrote, is made no contact', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  t.match(await told({ phone, name: 'Nobody' }), { status: 'ignored' })
  t.same(await contactsOf(phone, lid), [])
  t.match(await told({ phone, lid }), { status: 'saved' }, 'but that a LID and a phone are one is remembered')
  await byLid(lid, '1')
  t.match(await contactsOf(phone, lid), [{ phone, lid, push_name: 'Mari' }])
})

t.test('another tenant\u2019s contacts are never joined', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  const theirs = await commit(domain, (work) => upsertContact(work, 'other', { ...person, phone: null, lid }))
  await byPhone(phone, '1')
  await told({ phone, lid })
  const rows = await db.selectFrom('contact').selectAll().where('id', '=', theirs.id).execute()
  t.match(rows, [{ tenant_id: 'other', phone: null, lid }])
})

t.test('a group is called by its subject', async (t) => {
  const jid = '120363000000000042@g.us'
  const group = (subject: string | null) =>
    commit(domain, (work) => saveGroup(work, { ...envelopeBase(), kind: 'group', jid, subject, details: {} }))
  await group('Family')
  t.match(await group(null), { status: 'ignored' })
  await group('The family')
  t.match(await db.selectFrom('contact').selectAll().where('jid', '=', jid).execute(), [
    { name: 'The family' },
  ])
})

t.test('what two contacts said is one history when they turn out to be one person', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  await byPhone(phone, 'by phone')
  await byLid(lid, 'by lid')
  const [one, other] = await contactsOf(phone, lid)
  if (!one || !other) throw new Error('expected two contacts')
  const byId = new Map([one, other].map((contact) => [contact.phone, contact.id]))
  const say = (contactId: string | undefined, status: 'granted' | 'denied', at: string) =>
    recordConsent(domain, {
      tenantId: 'acme',
      contactId: contactId ?? '',
      purpose: 'marketing',
      status,
      source: 'form',
      at: new Date(at),
      actor: 'test',
      requestId: 'request-1',
    })
  await say(byId.get(phone), 'granted', '2024-01-01')
  await say(byId.get(null), 'denied', '2024-02-01')
  await told({ phone, lid })
  const [kept, ...others] = await contactsOf(phone, lid)
  t.same(others, [])
  const contactId = kept?.id ?? ''
  t.match(await readConsent(db, { tenantId: 'acme', contactId, purpose: 'marketing' }), {
    status: 'denied',
    maySend: false,
  })
  const history = await listConsents(db, { tenantId: 'acme', contactId, limit: 10 })
  t.equal(history?.items.length, 2)
})
