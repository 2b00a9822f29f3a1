import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { statusEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { claim } from './claim.ts'
import { queueMessage } from './queue-message.ts'
import { recordReceipt } from './receipts.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain

/** A message that a worker holds. */
async function claimed(to: string) {
  const result = await queueMessage(domain, outboundRequest({ to }))
  if (result.status !== 'queued') throw new Error(result.status)
  const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
  const [delivery] = await claim(domain, { ...instance, limit: 1, claimSeconds: 60 })
  if (delivery?.id !== result.id) throw new Error('nothing was claimed')
  return delivery
}

async function recordOf(id: string) {
  const audit = await db
    .selectFrom('audit_entry')
    .select(['action', 'entity_type', 'actor', 'details'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  const timeline = await db
    .selectFrom('timeline_entry')
    .select(['type', 'details'])
    .where('message_id', '=', id)
    .orderBy('id')
    .execute()
  return { audit, timeline }
}

t.test('the audit trail and the timeline tell each step of a message that arrives', async (t) => {
  const delivery = await claimed('+5511911120001')
  await settle(domain, delivery, { status: 'sent', providerMessageId: '3EB0RECORD', response: {} })
  for (const status of ['DELIVERED', 'READ'] as const) {
    await commit(domain, (work) =>
      recordReceipt(work, statusEnvelope({ providerMessageId: '3EB0RECORD', status })),
    )
  }
  const { audit, timeline } = await recordOf(delivery.id)
  t.match(audit, [
    { action: 'CREATED', entity_type: 'delivery', actor: 'test' },
    { action: 'SENT' },
    { action: 'UPDATED', details: { status: 'DELIVERED' } },
    { action: 'UPDATED', details: { status: 'READ' } },
  ])
  t.match(timeline, [
    { type: 'MESSAGE_SENT' },
    { type: 'MESSAGE_STATUS_UPDATE', details: { status: 'DELIVERED' } },
    { type: 'MESSAGE_STATUS_UPDATE', details: { status: 'READ' } },
  ])
})

t.test('the audit trail and the timeline tell of a message that fails, with its code', async (t) => {
  const delivery = await claimed('+5511911120002')
  await settle(domain, delivery, {
    status: 'failed',
    fault: 'message',
    code: 'INVALID_TO',
    message: 'nobody',
  })
  const { audit, timeline } = await recordOf(delivery.id)
  t.match(audit, [{ action: 'CREATED' }, { action: 'FAILED', details: { errorCode: 'INVALID_TO' } }])
  t.match(timeline, [{ type: 'MESSAGE_FAILED', details: { errorCode: 'INVALID_TO' } }])
})
