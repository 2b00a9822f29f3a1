import { newId } from '@carteiro/database/new-id'
import { cancelDelivery } from '@carteiro/domain/outbox/cancel-delivery'
import { recoverStale } from '@carteiro/domain/outbox/recover'
import { retryDelivery } from '@carteiro/domain/outbox/retry-delivery'
import { listen } from '@carteiro/runtime/http-server'
import { sql } from 'kysely'
import t from 'tap'
import { openGateway } from '../../testing/open-gateway.ts'
import { startApi } from '../../testing/start-api.ts'

const api = await startApi(t, { env: { REALTIME_HEARTBEAT_SECONDS: '1' } })
const { app, db, domain, keys, keyWith } = api
const url = await listen(app, '127.0.0.1', 0)
const { send, stream, post, stateOf } = await openGateway(api, url)
let lane = 0
type T = Parameters<typeof stream>[0]

/** A message that an adapter was offered, and its stream. */
async function offered(t: T) {
  const opened = await stream(t)
  const id = await send(++lane)
  await opened.until(() => opened.idsOf().includes(id))
  return { ...opened, id }
}
const refusal = (reason: string) => ({
  status: 409,
  body: { error: { code: 'IMPOSSIBLE_TRANSITION', message: /\.$/, details: { reason } } },
})
const done = (status: string) => ({ status: 200, body: { status } })
let last = 0
/** WhatsApp's id of one more message. */
const anId = () => ({ externalId: `3EB0${++last}` })
const broken = { reason: 'the socket broke', code: 'BROKER_ERROR', retriable: true }
const endClaim = (id: string) =>
  sql`update delivery set claimed_until = now() - interval '1 second' where id = ${id}`.execute(db)

t.test('each report may be repeated, and the second time changes nothing', async (t) => {
  const { id } = await offered(t)
  for (let n = 0; n < 2; n++) t.match(await post(id, 'ack'), done('SENDING'))
  const sent = anId()
  for (let n = 0; n < 2; n++) t.match(await post(id, 'confirm', sent), done('SENT'))
  t.match(await post(id, 'confirm', { externalId: 'another' }), done('SENT'))
  t.match(await post(id, 'ack'), done('SENT'), 'a late one')
  t.match(await stateOf(id), { state: 'SENT', provider_message_id: sent.externalId, attempts: 1 })
})

t.test('what is retriable is queued again, what is not has failed', async (t) => {
  const { id } = await offered(t)
  await post(id, 'ack')
  for (let n = 0; n < 2; n++) t.match(await post(id, 'fail', broken), done('QUEUED'))
  t.match(await stateOf(id), { state: 'QUEUED', attempts: 1, error_code: 'BROKER_ERROR' })

  const other = await offered(t)
  await post(other.id, 'ack')
  const refused = { reason: 'not on WhatsApp', code: 'INVALID_TO', retriable: false }
  for (let n = 0; n < 2; n++) t.match(await post(other.id, 'fail', refused), done('FAILED'))
  t.match(await stateOf(other.id), { state: 'FAILED', error_code: 'INVALID_TO' })
})

t.test('an adapter whose session is away uses no attempt', async (t) => {
  const { id } = await offered(t)
  await post(id, 'ack')
  const away = { reason: 'no connection', code: 'INSTANCE_DISCONNECTED', retriable: true }
  t.match(await post(id, 'fail', away), done('QUEUED'))
  t.match(await stateOf(id), { attempts: 0 })
  await post(id, 'ack')
})

t.test(
  'a report before the acknowledgement is refused, and the message is still the adapter\u2019s',
  async (t) => {
    const { id } = await offered(t)
    t.match(await post(id, 'confirm', anId()), refusal('not_acked'))
    t.match(await post(id, 'fail', broken), refusal('not_acked'))
    t.match(await stateOf(id), { state: 'SENDING' })
    await post(id, 'ack')
    t.match(await post(id, 'confirm', anId()), done('SENT'))
  },
)

t.test('a failure after the confirmation is refused', async (t) => {
  const { id } = await offered(t)
  await post(id, 'ack')
  await post(id, 'confirm', anId())
  t.match(await post(id, 'fail', broken), refusal('settled'))
  t.match(await stateOf(id), { state: 'SENT' })
})

t.test('a confirmation holds after the claim has ended, and after an adapter gave up', async (t) => {
  const { id } = await offered(t)
  await post(id, 'ack')
  await endClaim(id)
  await recoverStale(domain)
  t.match(await post(id, 'confirm', anId()), done('SENT'))

  const again = await offered(t)
  await post(again.id, 'ack')
  await endClaim(again.id)
  await again.until(() => again.idsOf().filter((one) => one === again.id).length === 2)
  t.match(await post(again.id, 'confirm', anId()), done('SENT'), 'offered again meanwhile')

  const failed = await offered(t)
  await post(failed.id, 'ack')
  await post(failed.id, 'fail', broken)
  t.match(await post(failed.id, 'confirm', anId()), done('SENT'), 'it was sent after all')
})

t.test('a late acknowledgement is told that the message is offered again', async (t) => {
  const { id, close } = await offered(t)
  close()
  await endClaim(id)
  await recoverStale(domain)
  t.match(await post(id, 'ack'), refusal('claim_ended'))
  t.match(await post(id, 'confirm', anId()), refusal('claim_ended'))
  const { until, idsOf } = await stream(t)
  await until(() => idsOf().includes(id))
  await post(id, 'ack')
  t.match(await post(id, 'confirm', anId()), done('SENT'))
})

t.test('what another adapter was offered meanwhile is that one\u2019s to acknowledge', async (t) => {
  const { id } = await offered(t)
  const other = await keyWith('gateway')
  t.match(await post(id, 'ack', undefined, other), refusal('offered_to_another'))
  await post(id, 'ack')
  t.match(await post(id, 'fail', broken, other), refusal('offered_to_another'))
  t.match(await post(id, 'confirm', anId()), done('SENT'))
})

t.test('of a message that was never offered, or is over, nothing can be reported', async (t) => {
  await db.updateTable('instance').set({ status: 'disconnected', connected: false }).execute()
  const id = await send(++lane)
  t.match(await post(id, 'ack'), refusal('not_offered'))
  t.match(await post(id, 'confirm', anId()), refusal('not_offered'))
  t.match(await post(id, 'fail', broken), refusal('not_offered'))
  await cancelDelivery(domain, { tenantId: 'acme', id, actor: 'test', requestId: 'r' })
  t.match(await post(id, 'ack'), refusal('not_offered'))
  await db.updateTable('instance').set({ status: 'connected', connected: true }).execute()
})

t.test('after a person had it tried anew, a message is another one: old reports do not count', async (t) => {
  const { id, until, idsOf, messages } = await offered(t)
  await post(id, 'ack')
  await post(id, 'fail', { reason: 'no', retriable: false })
  await retryDelivery(domain, { tenantId: 'acme', id, actor: 'test', requestId: 'r' })
  await until(() => idsOf().filter((one) => one === id).length === 2)
  t.equal(messages().at(-1)?.data.idempotencyKey, `${id}:1`)
  t.match(await post(id, 'confirm', anId()), refusal('not_acked'))
  await post(id, 'ack')
  t.match(await post(id, 'confirm', anId()), done('SENT'))
})

t.test('another tenant\u2019s message is as unknown as one that does not exist', async (t) => {
  const { id } = await offered(t)
  for (const [act, body] of [['ack'], ['confirm', anId()], ['fail', broken]] as const) {
    const unknown = { status: 404, body: { error: { code: 'MESSAGE_NOT_FOUND', message: /\.$/ } } }
    t.match(await post(id, act, body, keys.other), unknown)
    t.match(await post(newId(), act, body), unknown)
  }
  t.match(await stateOf(id), { state: 'SENDING' })
  await post(id, 'ack')
  await post(id, 'confirm', anId())
})

t.test('an id of WhatsApp that another message has is refused', async (t) => {
  const [one, other] = [await offered(t), await offered(t)]
  const taken = anId()
  for (const { id } of [one, other]) await post(id, 'ack')
  t.match(await post(one.id, 'confirm', taken), done('SENT'))
  t.match(await post(other.id, 'confirm', taken), refusal('external_id_taken'))
  t.match(await post(other.id, 'confirm', anId()), done('SENT'))
})

t.test('garbage is refused by a code and a sentence, and no message is lost', async (t) => {
  const { id } = await offered(t)
  await post(id, 'ack')
  const garbage: [act: string, body: object | string | undefined, code: string][] = [
    ['confirm', undefined, 'VALIDATION_ERROR'],
    ['confirm', {}, 'VALIDATION_ERROR'],
    ['confirm', { externalId: '' }, 'VALIDATION_ERROR'],
    ['confirm', { externalId: 7 }, 'VALIDATION_ERROR'],
    ['confirm', { externalId: 'a\0b' }, 'VALIDATION_ERROR'],
    ['confirm', { externalId: 'x'.repeat(257) }, 'VALIDATION_ERROR'],
    ['confirm', { ...anId(), timestamp: 'yesterday' }, 'VALIDATION_ERROR'],
    ['confirm', [], 'VALIDATION_ERROR'],
    ['confirm', '{"externalId":', 'INVALID_JSON'],
    ['fail', {}, 'VALIDATION_ERROR'],
    ['fail', { reason: 'x' }, 'VALIDATION_ERROR'],
    ['fail', { reason: 'x', retriable: 'yes' }, 'VALIDATION_ERROR'],
    ['fail', { reason: 'x'.repeat(1_001), retriable: true }, 'VALIDATION_ERROR'],
  ]
  for (const [act, body, code] of garbage) {
    const response = await fetch(`${url}/messages/${id}/${act}`, {
      method: 'POST',
      headers: {
        'x-api-key': keys.acme,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const name = `${act} ${JSON.stringify(body)?.slice(0, 60)}`
    t.match(await response.json(), { error: { code, message: /\.$/ } }, name)
    t.equal(response.status, 400, name)
  }
  t.match(await post('not-a-uuid', 'ack'), { status: 400, body: { error: { code: 'VALIDATION_ERROR' } } })
  t.match(await stateOf(id), { state: 'SENDING' })
  t.match(await post(id, 'confirm', anId()), done('SENT'))
})
