import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import t from 'tap'
import { cloudBody, cloudChange, readFixtures } from '../../testing/cloud-webhook.ts'
import { parseCloud } from './parse-cloud.ts'

const MARIA = [{ profile: { name: 'Maria' }, wa_id: '5511955550000' }]
const parse = (body: unknown) =>
  parseCloud(body, () => ({ tenantId: 'acme', instanceId: 'acme-cloud' }), {
    receivedAt: new Date('2025-06-09T10:00:00.000Z'),
    requestId: 'request-1',
  })

const statuses = readFixtures('statuses')
const CHAT = '5511955550000@s.whatsapp.net'
const STATUSES: Record<string, object> = {
  sent: {
    status: 'SENT',
    chatKey: CHAT,
    error: null,
    deliveryId: null,
    timestamp: '2025-06-15T23:27:53.000Z',
  },
  ours: { status: 'DELIVERED', chatKey: CHAT, deliveryId: '01997c0e-6b1e-7c3a-9d55-5a6b7c8d9e0f' },
  theirs: { status: 'READ', deliveryId: null, details: { biz_opaque_callback_data: 'campaign 7' } },
  played: { status: 'READ', chatKey: CHAT },
  failed: {
    status: 'FAILED',
    error: {
      code: '131047',
      title: 'Re-engagement message',
      message: 'Re-engagement message',
      details: 'More than 24 hours have passed since the customer last replied.',
    },
  },
  group: { status: 'READ', chatKey: 'acme-cloud', participantJid: CHAT },
  bare: { status: 'DELIVERED', chatKey: 'acme-cloud', timestamp: '2009-02-13T23:31:30.000Z' },
}

t.test(
  'every status is a receipt that keeps all that Meta tells beside, and nothing else comes of it',
  async (t) => {
    t.same(Object.keys(statuses).sort(), Object.keys(STATUSES).sort())
    for (const [name, raw] of Object.entries(statuses)) {
      const { envelopes, rejected } = parse(cloudBody(cloudChange({ contacts: MARIA, statuses: [raw] })))
      t.same(rejected, [], name)
      t.equal(envelopes.length, 1, name)
      const { id, status, ...details } = raw
      t.match(envelopes[0], { kind: 'status', providerMessageId: id, details, ...STATUSES[name] }, name)
      t.same(BrokerInboundEventSchema.parse(envelopes[0]), envelopes[0], name)
    }
  },
)
