import assert from 'node:assert/strict'
import { BrokerInboundEventSchema, type Envelope } from '@carteiro/contracts/envelope'
import fc from 'fast-check'
import t from 'tap'
import { parseWebhook } from './parse-webhook.ts'
import { type Arrival, toEnvelope } from './to-envelope.ts'

const arrival = (fields: Partial<Arrival> = {}): Arrival => ({
  tenantId: 'acme',
  instanceId: 'acme-phone',
  receivedAt: new Date('2024-05-02T13:05:09.000Z'),
  requestId: 'request-1',
  ...fields,
})

const sample = (payload: object = {}, event: object = {}) => ({
  id: 'wamid-123',
  type: 'MESSAGE_INBOUND',
  instanceId: 'instance-42',
  timestamp: '2024-05-02T13:05:00.000Z',
  payload: {
    contact: { phone: '+5511999999999' },
    message: { conversation: 'Oi!' },
    metadata: {},
    ...payload,
  },
  ...event,
})

function envelopeOf(event: object, where: Partial<Arrival> = {}): Envelope | undefined {
  const parsed = parseWebhook(Buffer.from(JSON.stringify(event)), { rawFallback: true, ownMessages: false })
  const draft = typeof parsed === 'string' ? undefined : parsed.events[0]?.draft
  return draft && toEnvelope(draft, arrival(where))
}

t.test('the same event has the same id, whoever repeats it, whenever, in whatever words', async (t) => {
  const payload = fc.record({
    contact: fc.record({ phone: fc.constantFrom('+5511999999999', '5511999999999'), name: fc.string() }),
    message: fc.record({ conversation: fc.string(), id: fc.constant('ABC') }),
    metadata: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 })),
  })
  const when = fc.record({
    requestId: fc.string({ minLength: 1 }),
    receivedAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  })
  const first = envelopeOf(sample({ message: { id: 'ABC' } }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(payload, when, fc.uuid(), (payload, when, id) => {
        assert.equal(envelopeOf(sample(payload, { id }), when)?.id, first?.id)
      }),
    ),
  )
})

t.test('what differs has another id: tenant, instance, kind, message, participant, status', async (t) => {
  const update = (status: number, participant?: string) => ({
    event: 'WHATSAPP_MESSAGES_UPDATE',
    payload: {
      updates: [
        { key: { id: 'wamid-123', remoteJid: '120363000000000000@g.us', participant }, update: { status } },
      ],
    },
  })
  const ids = [
    envelopeOf(sample())?.id,
    envelopeOf(sample(), { tenantId: 'other' })?.id,
    envelopeOf(sample(), { instanceId: 'other-phone' })?.id,
    envelopeOf(sample({}, { id: 'wamid-124' }))?.id,
    envelopeOf(sample({ message: { reactionMessage: { key: { id: 'T' }, text: 'x' } } }))?.id,
    envelopeOf(update(3))?.id,
    envelopeOf(update(4))?.id,
    envelopeOf(update(3, '5511999999999@s.whatsapp.net'))?.id,
    envelopeOf(update(3, '5511999999998@s.whatsapp.net'))?.id,
  ]
  t.notOk(ids.includes(undefined))
  t.equal(new Set(ids).size, ids.length)
})

t.test('a chat has one spelling, wherever and however it is named', async (t) => {
  const chatOf = (payload: object) => envelopeOf(sample({ contact: {}, ...payload }))?.chatKey
  for (const remoteJid of [
    '5511988887777@s.whatsapp.net',
    '5511988887777:12@s.whatsapp.net',
    '5511988887777_1:12@s.whatsapp.net',
    '5511988887777@c.us',
  ]) {
    t.equal(chatOf({ metadata: { rawKey: { remoteJid } } }), '5511988887777@s.whatsapp.net', remoteJid)
    t.equal(chatOf({ message: { chatId: remoteJid } }), '5511988887777@s.whatsapp.net', remoteJid)
    t.equal(chatOf({ contact: { remoteJid } }), '5511988887777@s.whatsapp.net', remoteJid)
  }
  t.equal(chatOf({ contact: { phone: '+55 11 98888-7777' } }), '5511988887777@s.whatsapp.net')
  const lidChat = { chatId: '98765:2@lid' }
  t.equal(chatOf({ contact: { phone: '+5511988887777' }, message: lidChat }), '5511988887777@s.whatsapp.net')
  t.equal(chatOf({ message: lidChat }), '98765@lid', 'a LID is the key where no phone is known')
  t.equal(chatOf({ message: { chatId: '120363000000000000@g.us' } }), '120363000000000000@g.us')
})

t.test('a message that names nobody cannot be taken', async (t) => {
  for (const contact of [{}, { phone: null }, { phone: 'Maria' }, { remoteJid: 'status@broadcast' }]) {
    t.equal(envelopeOf(sample({ contact })), undefined, JSON.stringify(contact))
  }
})

t.test(
  'the time is the event\u2019s, else the payload\u2019s, the metadata\u2019s, the message\u2019s, else that of receipt',
  async (t) => {
    const [one, two, three, four] = [1_714_655_101, 1_714_655_102, 1_714_655_103, 1_714_655_104]
    const timeOf = (event: object, payload: object, metadata: object, message: object) =>
      envelopeOf(sample({ ...payload, metadata, message }, { timestamp: undefined, ...event }))?.timestamp
    const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
    const inMessage = { messageTimestamp: four }
    t.equal(timeOf({ timestamp: one }, { timestamp: two }, { timestamp: three }, inMessage), iso(one))
    t.equal(timeOf({}, { timestamp: two }, { timestamp: three }, inMessage), iso(two))
    t.equal(timeOf({}, {}, { timestamp: three }, inMessage), iso(three))
    t.equal(timeOf({}, {}, {}, inMessage), iso(four))
    t.equal(timeOf({}, {}, {}, {}), '2024-05-02T13:05:09.000Z')
  },
)

t.test('what is told of a session stays in the order of its instance', async (t) => {
  const payload = { status: 'connected', connected: true, phone: '+5511999999999' }
  const envelope = envelopeOf({
    id: 'event-1',
    type: 'INSTANCE_CONNECTION',
    instanceId: 'acme-phone',
    payload,
  })
  t.match(envelope, {
    kind: 'connection',
    chatKey: 'acme-phone',
    status: 'connected',
    lid: null,
    reason: null,
  })
  t.ok(BrokerInboundEventSchema.safeParse(envelope).success)
})
