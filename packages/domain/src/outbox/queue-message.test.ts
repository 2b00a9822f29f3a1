import t from 'tap'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { queueMessage } from './queue-message.ts'

const domain = await startDomain(t)

t.test('a message is accepted once for each idempotency key', async (t) => {
  const first = await queueMessage(domain, outboundRequest({ idempotencyKey: 'key-1' }))
  t.equal(first.status, 'queued')
  const id = 'id' in first ? first.id : ''
  t.same(await queueMessage(domain, outboundRequest({ idempotencyKey: 'key-1' })), { status: 'repeated', id })
  t.same(await queueMessage(domain, outboundRequest({ idempotencyKey: 'key-1', text: 'Other' })), {
    status: 'key_mismatch',
    id,
  })
  t.match(await queueMessage(domain, outboundRequest({ tenantId: 'other', idempotencyKey: 'key-1' })), {
    status: 'queued',
  })
})

t.test('twenty requests at once with one key are one message', async (t) => {
  const results = await Promise.all(
    Array.from({ length: 20 }, () => queueMessage(domain, outboundRequest({ idempotencyKey: 'race' }))),
  )
  t.equal(results.filter((result) => result.status === 'queued').length, 1)
  t.equal(new Set(results.map((result) => ('id' in result ? result.id : ''))).size, 1)
})

t.test('another tenant\u2019s instance is as unknown as one that does not exist', async (t) => {
  t.same(await queueMessage(domain, outboundRequest({ instanceId: 'other-phone' })), {
    status: 'instance_not_found',
  })
  t.same(await queueMessage(domain, outboundRequest({ instanceId: 'nowhere' })), {
    status: 'instance_not_found',
  })
})

t.test('naming the tenant\u2019s only instance is the same request as leaving it out', async (t) => {
  const first = await queueMessage(domain, outboundRequest({ idempotencyKey: 'only' }))
  const named = await queueMessage(
    domain,
    outboundRequest({ idempotencyKey: 'only', instanceId: 'acme-phone' }),
  )
  t.same(named, { ...first, status: 'repeated' })
})
