import assert from 'node:assert/strict'
import type { MessageInboundEvent } from '@carteiro/contracts/broker-event'
import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import fc from 'fast-check'
import t from 'tap'
import { type Arrival, toEnvelope } from './to-envelope.ts'

const arrival = (fields: Partial<Arrival> = {}): Arrival => ({
  tenantId: 'acme',
  instanceId: 'acme-phone',
  receivedAt: new Date('2024-05-02T13:05:09.000Z'),
  requestId: 'request-1',
  ...fields,
})

/** The sample of the broker contracts. */
const sample = (
  payload: Partial<MessageInboundEvent['payload']> = {},
  id = 'wamid-123',
): MessageInboundEvent => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId: 'instance-42',
  timestamp: '2024-05-02T13:05:00.000Z',
  payload: {
    instanceId: 'instance-42',
    timestamp: '2024-05-02T13:05:00.000Z',
    contact: { phone: '+5511999999999', name: 'Maria', registrations: ['ABC123'] },
    message: { conversation: 'Oi!', imageMessage: { mimetype: 'image/jpeg' } },
    metadata: { broker: 'baileys', timestamp: 1714655100 },
    ...payload,
  },
})

function messageOf(event: MessageInboundEvent, where: Partial<Arrival> = {}) {
  const envelope = toEnvelope(event, arrival(where))
  if (envelope?.kind !== 'message') throw new Error('not a message')
  return envelope
}

t.test('the sample of the broker contracts becomes our one shape', async (t) => {
  const envelope = messageOf(sample())
  t.match(envelope, {
    kind: 'message',
    tenantId: 'acme',
    instanceId: 'acme-phone',
    chatKey: '5511999999999@s.whatsapp.net',
    providerMessageId: 'wamid-123',
    timestamp: '2024-05-02T13:05:00.000Z',
    receivedAt: '2024-05-02T13:05:09.000Z',
    requestId: 'request-1',
    contact: { phone: '+5511999999999', name: 'Maria', registrations: ['ABC123'] },
    message: { conversation: 'Oi!', imageMessage: { mimetype: 'image/jpeg' } },
    metadata: { broker: 'baileys' },
  })
  t.ok(BrokerInboundEventSchema.safeParse(envelope).success)
})

t.test('the same event has the same id, whoever repeats it, whenever, in whatever words', async (t) => {
  const payload = fc.record({
    contact: fc.record({ phone: fc.constantFrom('+5511999999999', '5511999999999'), name: fc.string() }),
    message: fc.record({ conversation: fc.string(), id: fc.constant('ABC') }),
    metadata: fc.dictionary(fc.string(), fc.jsonValue()),
  })
  const when = fc.record({
    requestId: fc.string({ minLength: 1 }),
    receivedAt: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  })
  const first = messageOf(sample({ message: { id: 'ABC' } }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(payload, fc.uuid(), when, (payload, eventId, when) => {
        const again = messageOf(sample(payload, eventId), when)
        assert.equal(again.id, first.id)
        assert.equal(again.chatKey, first.chatKey)
      }),
    ),
  )
})

t.test('another tenant, instance or message is another event', async (t) => {
  const ids = [
    messageOf(sample()),
    messageOf(sample({}, 'wamid-124')),
    messageOf(sample(), { tenantId: 'other' }),
    messageOf(sample(), { instanceId: 'acme-second' }),
  ].map(({ id }) => id)
  t.equal(new Set(ids).size, 4)
})

t.test(
  'the message\u2019s own id comes first, then its key\u2019s, the metadata\u2019s, the event\u2019s',
  async (t) => {
    const key = { id: 'of-key' }
    const metadata = { messageId: 'of-metadata' }
    const idOf = (message: object, metadata: object = {}) =>
      messageOf(sample({ message: { ...message }, metadata: { ...metadata } }, 'of-event')).providerMessageId
    t.equal(idOf({ id: 'own', key }, metadata), 'own')
    t.equal(idOf({ key }, metadata), 'of-key')
    t.equal(idOf({ id: '', key: null }, metadata), 'of-metadata')
    t.equal(idOf({ id: 7, key: 'text' }), 'of-event')
  },
)

t.test('one chat has one spelling, with or without device, by phone or jid', async (t) => {
  const chatOf = (payload: Partial<MessageInboundEvent['payload']>) => messageOf(sample(payload)).chatKey
  for (const remoteJid of [
    '5511988887777:12@s.whatsapp.net',
    '5511988887777_1:3@s.whatsapp.net',
    '5511988887777@c.us',
  ]) {
    t.equal(chatOf({ metadata: { rawKey: { remoteJid } } }), '5511988887777@s.whatsapp.net', remoteJid)
    t.equal(chatOf({ message: { chatId: remoteJid } }), '5511988887777@s.whatsapp.net', remoteJid)
    t.equal(chatOf({ contact: { remoteJid } }), '5511988887777@s.whatsapp.net', remoteJid)
  }
  t.equal(chatOf({ contact: { phone: '+55 11 98888-7777' } }), '5511988887777@s.whatsapp.net')
  const lidChat = { chatId: '98765:2@lid' }
  t.equal(chatOf({ contact: { phone: '+5511988887777' }, message: lidChat }), '5511988887777@s.whatsapp.net')
  t.equal(chatOf({ contact: {}, message: lidChat }), '98765@lid', 'a LID is the key where no phone is known')
  t.equal(chatOf({ message: { chatId: '120363000000000000@g.us' } }), '120363000000000000@g.us')
})

t.test('a message that names nobody cannot be taken', async (t) => {
  for (const contact of [{}, { phone: null }, { phone: 'Maria' }, { remoteJid: 'status@broadcast' }]) {
    t.equal(toEnvelope(sample({ contact }), arrival()), undefined, JSON.stringify(contact))
  }
})

t.test(
  'the time is the event\u2019s, else the payload\u2019s, the metadata\u2019s, the message\u2019s, else that of receipt',
  async (t) => {
    const timeOf = (event: object, payload: object, metadata: object, message: object) => {
      const { timestamp: _, ...rest } = sample({
        timestamp: undefined,
        metadata: { ...metadata },
        message: { ...message },
        ...payload,
      } as never)
      return messageOf({ ...rest, ...event }).timestamp
    }
    const [one, two, three, four] = [1_714_655_101, 1_714_655_102, 1_714_655_103, 1_714_655_104]
    const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
    const inMessage = { messageTimestamp: four }
    t.equal(timeOf({ timestamp: one }, { timestamp: two }, { timestamp: three }, inMessage), iso(one))
    t.equal(timeOf({}, { timestamp: two }, { timestamp: three }, inMessage), iso(two))
    t.equal(timeOf({}, {}, { timestamp: three }, inMessage), iso(three))
    t.equal(timeOf({}, {}, {}, inMessage), iso(four))
    t.equal(timeOf({}, {}, {}, {}), '2024-05-02T13:05:09.000Z')
  },
)

t.test('a time that cannot be read is flagged', async (t) => {
  const envelope = messageOf({ ...sample(), timestamp: 'yesterday' })
  t.match(envelope, {
    timestamp: '2024-05-02T13:05:09.000Z',
    metadata: { timestampInvalid: true, broker: 'baileys' },
  })
  t.notOk('timestampInvalid' in messageOf(sample()).metadata)
})

t.test('what is told of a session stays in the order of its instance', async (t) => {
  const envelope = toEnvelope(
    {
      id: 'event-1',
      type: 'INSTANCE_CONNECTION',
      instanceId: 'acme-phone',
      timestamp: 1714655100,
      payload: { status: 'connected', connected: true, phone: '+5511999999999', qrAvailable: false },
    },
    arrival(),
  )
  t.match(envelope, {
    kind: 'connection',
    chatKey: 'acme-phone',
    status: 'connected',
    connected: true,
    phone: '+5511999999999',
    lid: null,
    reason: null,
  })
  t.ok(BrokerInboundEventSchema.safeParse(envelope).success)
})
