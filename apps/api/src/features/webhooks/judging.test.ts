import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { brokerMessage } from '../../testing/broker-event.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { readInboundQueue } from '../../testing/read-queue.ts'
import { startApi, type TestApi } from '../../testing/start-api.ts'

const api = await startApi(t)
const { db } = api

const post = (body: unknown, headers: Record<string, string> = {}, to: TestApi = api) =>
  to.app.inject({
    method: 'POST',
    url: '/api/integrations/whatsapp/webhook',
    headers: { 'x-api-key': to.brokerKey, 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
const queued = async (of: TestApi = api) =>
  (await readInboundQueue(of.db)).flatMap(({ job }) => job.envelopes)

const waMessage = (id: string, fields: object = {}) => ({
  key: { remoteJid: '5511955550000@s.whatsapp.net', fromMe: false, id, ...fields },
  message: { conversation: 'Oi!' },
  messageTimestamp: 1714655100,
})
const upsert = (...messages: object[]) => ({
  event: 'WHATSAPP_MESSAGES_UPSERT',
  iid: 'acme-phone',
  payload: { type: 'notify', messages },
})

async function counted(of: TestApi, result: string, reason: string): Promise<number> {
  const { body } = await of.app.inject({ url: '/metrics' })
  const lines = body.split('\n').filter((line) => line.startsWith('whatsapp_webhook_events_total{'))
  const ours = lines.filter(
    (line) => line.includes(`result="${result}"`) && line.includes(`reason="${reason}"`),
  )
  return ours.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** How many more are counted after the posts than before. */
async function counts(result: string, reason: string, run: () => Promise<unknown>, of: TestApi = api) {
  const before = await counted(of, result, reason)
  await run()
  return (await counted(of, result, reason)) - before
}

t.beforeEach(async () => void (await sql`delete from pgboss.job`.execute(db)))

t.test('a tenant that an event or the header names must be the instance\u2019s', async (t) => {
  const event = brokerMessage()
  t.equal((await post({ ...event, tenantId: 'acme' })).statusCode, 202)
  t.equal((await post(event, { 'x-tenant-id': 'acme' })).statusCode, 202)
  for (const wrong of [
    { ...event, tenantId: 'other' },
    { ...event, payload: { ...event.payload, tenantId: 'other' } },
    { ...event, payload: { ...event.payload, metadata: { tenantId: 'other' } } },
  ]) {
    const { details } = matchProblem(t, await post(wrong), 422, 'NO_EVENT_ACCEPTED')
    t.match(details, [{ index: 0, reason: 'tenant_mismatch', instanceId: 'acme-phone' }])
  }
  const beside = await post([event, brokerMessage({ instanceId: 'other-phone' })], { 'x-tenant-id': 'acme' })
  t.match(beside.json(), { queued: 1, rejected: [{ index: 1, reason: 'tenant_mismatch' }] })
})

t.test('what comes twice in one body is queued once, by contract event and raw upsert, too', async (t) => {
  const [first, second] = [newId(), newId()]
  const body = [
    brokerMessage({ id: first }),
    brokerMessage({ id: first }),
    upsert(waMessage(first), waMessage(second)),
    brokerMessage({ id: second }),
  ]
  t.match((await post(body)).json(), { queued: 2, ignored: 0, rejected: [] })
  const ids = (await queued()).map((envelope) => envelope.kind === 'message' && envelope.providerMessageId)
  t.same(ids, [first, second])
})

t.test('raw messages are counted as such, taken and passed over', async (t) => {
  const body = upsert(waMessage(newId()), waMessage(newId(), { fromMe: true }))
  t.equal(await counts('accepted', 'raw_inbound_normalized', () => post(body)), 1)
  t.equal(await counts('ignored', 'raw_inbound_ignored', () => post(body)), 1)
  t.equal(await counts('accepted', 'ok', () => post(brokerMessage())), 1)
  t.equal(await counts('ignored', 'ok', () => post({ ...brokerMessage(), type: 'PRESENCE_UPDATE' })), 1)
  t.equal(await counts('ignored', 'raw_baileys_event', () => post({ event: 'WHATSAPP_PRESENCE' })), 1)
})

t.test('what is refused is counted by its reason', async (t) => {
  const refusals: [reason: string, run: () => Promise<unknown>][] = [
    ['invalid_api_key', () => post(brokerMessage(), { 'x-api-key': 'a wrong key of some length' })],
    ['invalid_json', () => post('{')],
    ['invalid_contract', () => post([1])],
    ['missing_id', () => post(brokerMessage({ id: '' }))],
    ['unknown_instance', () => post(brokerMessage({ instanceId: 'nowhere' }))],
    ['tenant_mismatch', () => post({ ...brokerMessage(), tenantId: 'other' })],
  ]
  for (const [reason, run] of refusals) t.equal(await counts('rejected', reason, run), 1, reason)
})

t.test('with the fallback off a raw upsert is answered as nothing to take', async (t) => {
  const to = await startApi(t, { env: { WHATSAPP_RAW_FALLBACK_ENABLED: 'false' } })
  const run = async () => t.equal((await post(upsert(waMessage('1')), {}, to)).statusCode, 204)
  t.equal(await counts('accepted', 'raw_baileys_event', run, to), 1)
  t.same(await queued(to), [])
})

t.test('messages of our own phone enter where they are wanted', async (t) => {
  const to = await startApi(t, { env: { INGEST_OWN_MESSAGES: 'true' } })
  t.equal((await post(upsert(waMessage('1', { fromMe: true })), {}, to)).statusCode, 202)
  t.match(await queued(to), [{ kind: 'message', direction: 'outbound', providerMessageId: '1' }])
})

t.test('more events than fit are refused as a whole, and say how many may come', async (t) => {
  const { message } = matchProblem(
    t,
    await post(Array.from({ length: 10_001 }, () => 1)),
    413,
    'PAYLOAD_TOO_LARGE',
  )
  t.match(message, '10000')
})

t.test('ten thousand bad events and huge names do not lose the good one beside them', async (t) => {
  const huge = brokerMessage({ instanceId: 'x'.repeat(1_000_000) })
  const bad = Array.from({ length: 9_998 }, () => ({ type: 'MESSAGE_INBOUND' }))
  const response = await post([huge, ...bad, brokerMessage()])
  t.equal(response.statusCode, 202)
  const { queued: count, rejected } = response.json()
  t.same([count, rejected.length], [1, 9_999])
  t.ok(rejected[0].instanceId.length <= 100)
})
