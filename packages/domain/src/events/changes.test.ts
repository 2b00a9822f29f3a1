import { EVENT_PAYLOADS } from '@carteiro/contracts/event'
import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { recordConsent } from '../consents/record-consent.ts'
import { upsertContact } from '../contacts/upsert.ts'
import { addInstance } from '../instances/add-instance.ts'
import { recordConnection } from '../instances/record-connection.ts'
import { applyChange } from '../messages/apply-change.ts'
import { saveMessage } from '../messages/save-message.ts'
import { queueMessage } from '../outbox/queue-message.ts'
import { editEnvelope, messageEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { readEvents, readLastSeq } from './read.ts'
import { commit } from './unit-of-work.ts'

const domain = await startDomain(t)
const { db } = domain
const person = { kind: 'person' as const, lid: null, jid: null }

/** What acme's log says of an act; each event as its contract has it. */
async function toldOf(act: () => Promise<unknown>) {
  const after = await readLastSeq(db, 'acme')
  await act()
  const events = await readEvents(db, { tenantId: 'acme', after, limit: 100 })
  return events.map(({ type, payload }) => {
    const { data, error } = EVENT_PAYLOADS[type].strict().safeParse(payload)
    if (error) throw new Error(`${type}: ${error.message}`)
    return { type, ...data }
  })
}

t.test('a message tells all that a list of tickets and an open chat show of it', async (t) => {
  const envelope = messageEnvelope({
    phone: '+5511955550101',
    text: 'Oi',
    timestamp: '2026-01-02T10:00:00.000Z',
  })
  const told = await toldOf(() => commit(domain, (work) => saveMessage(work, envelope)))
  t.match(told, [
    { type: 'contacts.new', contact: { phone: '+5511955550101', isGroup: false } },
    { type: 'tickets.new', contact: { phone: '+5511955550101' }, ticket: { unreadCount: 1, preview: 'Oi' } },
    { type: 'messages.new', message: { text: 'Oi' } },
    {
      type: 'ticket.message',
      message: { text: 'Oi', direction: 'inbound' },
      metadata: {
        broker: {
          providerMessageId: envelope.providerMessageId,
          instanceId: 'acme-phone',
          brokerMessageTimestamp: '2026-01-02T10:00:00.000Z',
          normalizedTimestamp: '2026-01-02T10:00:00.000Z',
        },
      },
      ticket: { status: 'open', preview: 'Oi', unreadCount: 1, lastMessageAt: '2026-01-02T10:00:00.000Z' },
      timeline: { firstInboundAt: '2026-01-02T10:00:00.000Z', firstOutboundAt: null },
    },
  ])
})

t.test(
  'an answer moves the ticket\u2019s other side of the timeline, and an older message only its begin',
  async (t) => {
    const phone = '+5511955550102'
    const at = (timestamp: string) => messageEnvelope({ phone, text: timestamp, timestamp })
    await commit(domain, (work) => saveMessage(work, at('2026-01-02T10:00:00.000Z')))
    const [, answered] = await toldOf(() => queueMessage(domain, outboundRequest({ to: phone })))
    t.match(answered, { type: 'ticket.message', metadata: { broker: { direction: 'outbound' } } })
    t.match(answered, { timeline: { firstInboundAt: '2026-01-02T10:00:00.000Z', lastOutboundAt: String } })
    const told = await toldOf(() =>
      commit(domain, (work) => saveMessage(work, at('2026-01-01T10:00:00.000Z'))),
    )
    t.match(told.at(-1), {
      timeline: { firstInboundAt: '2026-01-01T10:00:00.000Z', lastInboundAt: '2026-01-02T10:00:00.000Z' },
    })
  },
)

t.test('a place and cards travel with the ticket\u2019s message, cards without their vCard', async (t) => {
  const phone = '+5511955550103'
  const place = { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'S\u00e9' } }
  const cards = {
    type: 'contacts',
    contacts: [{ displayName: 'Ana', phones: ['+551199'], vcard: 'BEGIN:VCARD' }],
  }
  const tell = async (message: object) => {
    const told = await toldOf(() =>
      commit(domain, (work) => saveMessage(work, { ...messageEnvelope({ phone }), message: { ...message } })),
    )
    return told.at(-1)
  }
  t.match(await tell(place), { metadata: { location: place.location } })
  const told = await tell(cards)
  t.match(told, { metadata: { contacts: [{ displayName: 'Ana', phones: ['+551199'] }] } })
  t.notMatch(JSON.stringify(told), /VCARD/)
})

t.test('an edit of the last message tells the ticket\u2019s new preview', async (t) => {
  const envelope = messageEnvelope({ phone: '+5511955550104', text: 'befor' })
  await commit(domain, (work) => saveMessage(work, envelope))
  const edit = editEnvelope({
    phone: '+5511955550104',
    targetMessageId: envelope.providerMessageId,
    message: { type: 'text', text: 'before' },
  })
  const told = await toldOf(() => commit(domain, (work) => applyChange(work, edit)))
  t.match(told, [
    { type: 'ticket.updated', ticket: { preview: 'before', unreadCount: 1 } },
    { type: 'messages.updated', change: { what: 'edited' } },
  ])
})

t.test('what is newly known of a contact is told once, and what it said of consent', async (t) => {
  const known = { ...person, phone: '+5511955550105' }
  const learn = (name: string | null = null) =>
    commit(domain, (work) => upsertContact(work, 'acme', { ...known, name }))
  t.match(await toldOf(() => learn()), [{ type: 'contacts.new', contact: { name: null } }])
  t.match(await toldOf(() => learn('Ana')), [{ type: 'contact.updated', contact: { name: 'Ana' } }])
  t.same(await toldOf(() => learn('Ana')), [])
  const { id: contactId } = await learn()
  const said = { purpose: 'marketing', status: 'granted', source: 'form' } as const
  const told = await toldOf(() =>
    recordConsent(domain, { tenantId: 'acme', contactId, ...said, actor: 'test', requestId: 'request-1' }),
  )
  t.match(told, [{ type: 'contact.consent.changed', contactId, purpose: 'marketing', status: 'granted' }])
})

t.test('a ticket that is opened in no queue is told as such', async (t) => {
  await db.updateTable('queue').set({ is_default: false }).where('tenant_id', '=', 'acme').execute()
  const envelope = messageEnvelope({ phone: '+5511955550106' })
  const told = await toldOf(() => commit(domain, (work) => saveMessage(work, envelope)))
  t.match(
    told.find(({ type }) => type === 'whatsapp.queue.missing'),
    { instanceId: 'acme-phone', reason: 'no_default_queue', recoverable: true, message: /default/ },
  )
  await db.updateTable('queue').set({ is_default: true }).where('tenant_id', '=', 'acme').execute()
})

t.test('an instance is told when it is made, connected, or waits for its code to be scanned', async (t) => {
  const made = { id: 'acme-second', tenantId: 'acme', name: 'Second' }
  t.match(await toldOf(() => addInstance(domain, made, { actor: 'test' })), [
    { type: 'whatsapp.instance.updated', instanceId: 'acme-second', name: 'Second', connected: false },
  ])
  t.same(await toldOf(() => addInstance(domain, made, { actor: 'test' })), [], 'once')
  const now = new Date().toISOString()
  const report = {
    ...{ id: newId(), kind: 'connection' as const, tenantId: 'acme', instanceId: 'acme-second' },
    ...{ chatKey: 'acme-second', timestamp: now, receivedAt: now, requestId: 'request-1' },
    ...{ status: 'connecting' as const, connected: false, phone: null, lid: null, reason: null },
  }
  const told = await toldOf(() =>
    commit(domain, (work) => recordConnection(work, { ...report, qrAvailable: true })),
  )
  t.match(told, [
    { type: 'whatsapp.instance.updated', status: 'connecting' },
    { type: 'whatsapp.instance.qr', instanceId: 'acme-second', available: true },
  ])
  const qrEvents = async (shown: { qrAvailable?: true }) =>
    (await toldOf(() => commit(domain, (work) => recordConnection(work, { ...report, ...shown })))).filter(
      ({ type }) => type === 'whatsapp.instance.qr',
    )
  t.match(await qrEvents({ qrAvailable: true }), [{ available: true }], 'another code in its place')
  t.match(await qrEvents({}), [{ available: false }], 'its end')
  t.same(await qrEvents({}), [], 'and no more')
})
