import { createHmac } from 'node:crypto'
import { newId } from '@carteiro/database/new-id'
import { inboundQueue } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import { signWebhook } from '@carteiro/runtime/webhook-signature'
import { sql } from 'kysely'
import t from 'tap'
import { brokerMessage } from '../../testing/broker-event.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { readInboundQueue } from '../../testing/read-queue.ts'
import { startApi, type TestApi } from '../../testing/start-api.ts'

const WEBHOOK = '/api/integrations/whatsapp/webhook'
const ALIAS = '/api/webhooks/whatsapp'
const SECRET = 'hmac secret of the broker'

/** The sample of the broker contracts, but for the instance. */
const SAMPLE = {
  id: 'wamid-123',
  type: 'MESSAGE_INBOUND',
  instanceId: 'acme-phone',
  timestamp: '2024-05-02T13:05:00.000Z',
  payload: {
    instanceId: 'acme-phone',
    timestamp: '2024-05-02T13:05:00.000Z',
    contact: { phone: '+5511999999999', name: 'Maria', registrations: ['ABC123'] },
    message: { conversation: 'Oi!', imageMessage: { mimetype: 'image/jpeg' } },
    metadata: { broker: 'baileys', timestamp: 1714655100 },
  },
}

const api = await startApi(t, { env: { WHATSAPP_WEBHOOK_HMAC_SECRET: SECRET } })
const { db, keys, brokerKey, keyWith } = api

interface Post {
  key?: string
  url?: string
  headers?: Record<string, string>
  to?: TestApi
}

const post = (body: unknown, { key = brokerKey, url = WEBHOOK, headers = {}, to = api }: Post = {}) =>
  to.app.inject({
    method: 'POST',
    url,
    headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })

const queued = async () => (await readInboundQueue(db)).flatMap(({ job }) => job.envelopes)

t.beforeEach(async () => void (await sql`delete from pgboss.job`.execute(db)))

t.test(
  'the sample of the broker contracts is taken, and waits in its chat\u2019s queue when the answer comes',
  async (t) => {
    const response = await post(SAMPLE)
    t.equal(response.statusCode, 202)
    t.same(response.json(), { accepted: true, queued: 1, ignored: 0, rejected: [] })
    const [waiting, ...none] = await readInboundQueue(db)
    t.same(none, [])
    t.equal(waiting?.queue, inboundQueue(shardOf('acme', '5511999999999@s.whatsapp.net')))
    t.match(waiting?.job.envelopes, [
      {
        kind: 'message',
        tenantId: 'acme',
        instanceId: 'acme-phone',
        providerMessageId: 'wamid-123',
        message: SAMPLE.payload.message,
        contact: SAMPLE.payload.contact,
        timestamp: SAMPLE.timestamp,
        requestId: response.headers['x-request-id'],
      },
    ])
  },
)

t.test('one event, an array and {events} are taken on either path', async (t) => {
  for (const url of [WEBHOOK, ALIAS]) {
    t.match((await post(brokerMessage(), { url })).json(), { queued: 1 })
    t.match((await post([brokerMessage(), brokerMessage()], { url })).json(), { queued: 2 })
    t.match((await post({ events: [brokerMessage(), brokerMessage()] }, { url })).json(), { queued: 2 })
  }
  t.equal((await queued()).length, 10)
})

t.test('the kind of body is not asked for by its header', async (t) => {
  for (const type of ['text/plain', 'application/octet-stream', 'application/json; charset=utf-8']) {
    t.equal((await post(brokerMessage(), { headers: { 'content-type': type } })).statusCode, 202, type)
  }
})

t.test('good events are taken, and the others say by their index why not', async (t) => {
  const body = [
    brokerMessage(),
    brokerMessage({ id: '' }),
    brokerMessage({ instanceId: 'nowhere' }),
    { ...brokerMessage(), type: 'PRESENCE_UPDATE' },
    'nonsense',
    brokerMessage({ phone: 'nobody' }),
    brokerMessage({ instanceId: 'other-phone' }),
  ]
  const response = await post(body)
  t.equal(response.statusCode, 202)
  const { queued: count, ignored, rejected } = response.json()
  t.same([count, ignored], [2, 1])
  const reasons = rejected.map(({ index, reason }: { index: number; reason: string }) => [index, reason])
  t.same(reasons.sort(), [
    [1, 'missing_id'],
    [2, 'unknown_instance'],
    [4, 'invalid_contract'],
    [5, 'invalid_contract'],
  ])
  t.match(
    rejected.find(({ index }: { index: number }) => index === 2),
    { instanceId: 'nowhere' },
    'an unknown instance is named',
  )
  t.same((await queued()).map(({ tenantId }) => tenantId).sort(), ['acme', 'other'])
})

t.test('with nothing to take there is nothing to answer', async (t) => {
  for (const body of [[], { events: [] }, { ...brokerMessage(), type: 'PRESENCE_UPDATE' }]) {
    const response = await post(body)
    t.equal(response.statusCode, 204)
    t.equal(response.body, '')
  }
  t.same(await queued(), [])
})

t.test('when no event can be taken, each one says why', async (t) => {
  const response = await post([brokerMessage({ id: '' }), brokerMessage({ instanceId: 'nowhere' })])
  const { details } = matchProblem(t, response, 422, 'NO_EVENT_ACCEPTED')
  t.match(details, [
    { index: 0, reason: 'missing_id' },
    { index: 1, reason: 'unknown_instance', instanceId: 'nowhere' },
  ])
})

t.test('a body that is not JSON has a code of its own', async (t) => {
  for (const body of ['{', 'Oi!', '']) matchProblem(t, await post(body), 400, 'INVALID_WEBHOOK_JSON')
})

t.test(
  'only a broker\u2019s key lets in: the platform\u2019s, or a tenant\u2019s with the scope webhook',
  async (t) => {
    for (const key of ['', 'a wrong key of some length', `${brokerKey}x`]) {
      matchProblem(t, await post(brokerMessage(), { key }), 401, 'INVALID_API_KEY')
    }
    const noKey = await api.app.inject({ method: 'POST', url: WEBHOOK, payload: brokerMessage() })
    matchProblem(t, noKey, 401, 'INVALID_API_KEY')
    matchProblem(
      t,
      await post(brokerMessage(), { key: await keyWith('read', 'send') }),
      403,
      'INSUFFICIENT_SCOPE',
    )
    t.same(await queued(), [])
    t.equal((await post(brokerMessage(), { key: await keyWith('webhook') })).statusCode, 202)
  },
)

t.test('a tenant\u2019s broker cannot speak for another tenant\u2019s instance', async (t) => {
  const alone = await post(brokerMessage({ instanceId: 'other-phone' }), { key: keys.acme })
  const { details } = matchProblem(t, alone, 422, 'NO_EVENT_ACCEPTED')
  t.match(details, [{ index: 0, reason: 'tenant_mismatch', instanceId: 'other-phone' }])

  const beside = await post([brokerMessage(), brokerMessage({ instanceId: 'other-phone' })], {
    key: keys.acme,
  })
  t.match(beside.json(), { queued: 1, rejected: [{ index: 1, reason: 'tenant_mismatch' }] })
  t.same(
    (await queued()).map(({ tenantId }) => tenantId),
    ['acme'],
  )
})

t.test('an instance is known by its aliases, and keeps its own name inside', async (t) => {
  await db
    .updateTable('instance')
    .set({ aliases: ['legacy session/1'] })
    .where('id', '=', 'acme-phone')
    .execute()
  t.equal((await post(brokerMessage({ instanceId: 'legacy session/1' }))).statusCode, 202)
  t.match(await queued(), [{ tenantId: 'acme', instanceId: 'acme-phone' }])
})

t.test('a signature is checked wherever one is sent', async (t) => {
  const body = JSON.stringify(brokerMessage())
  const now = Math.floor(Date.now() / 1000)
  const sign = (fields: { timestamp?: number; secret?: string } = {}) => ({
    ...signWebhook(fields.secret ?? SECRET, { id: newId(), timestamp: fields.timestamp ?? now, body }),
  })
  const hex = createHmac('sha256', SECRET).update(body).digest('hex')
  for (const headers of [
    sign(),
    { 'x-signature': hex },
    { 'x-webhook-signature-sha256': `sha256=${hex}` },
    {},
  ]) {
    t.equal((await post(body, { headers })).statusCode, 202, Object.keys(headers).join())
  }

  const refused = async (headers: Record<string, string>, sent = body) =>
    matchProblem(t, await post(sent, { headers }), 401, 'INVALID_SIGNATURE')
  await refused(sign(), `${body} `)
  await refused(sign({ secret: 'another secret of a broker' }))
  await refused({ 'x-signature': 'nonsense' })
  t.match((await refused(sign({ timestamp: now - 301 }))).message, 'X-Webhook-Timestamp')
  await refused(sign({ timestamp: now + 600 }))
})

t.test('a signature is no key', async (t) => {
  const body = JSON.stringify(brokerMessage())
  const signed = signWebhook(SECRET, { id: newId(), timestamp: Math.floor(Date.now() / 1000), body })
  const response = await api.app.inject({
    method: 'POST',
    url: WEBHOOK,
    headers: { ...signed },
    payload: body,
  })
  matchProblem(t, response, 401, 'INVALID_API_KEY')
})

t.test('where signatures are enforced, what is not signed is refused', async (t) => {
  const env = { WHATSAPP_WEBHOOK_HMAC_SECRET: SECRET, WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: 'true' }
  const to = await startApi(t, { env })
  const body = JSON.stringify(brokerMessage())
  const headers = { ...signWebhook(SECRET, { id: newId(), timestamp: Math.floor(Date.now() / 1000), body }) }
  for (const key of [to.brokerKey, to.keys.acme]) {
    const { message } = matchProblem(t, await post(body, { to, key }), 401, 'INVALID_SIGNATURE')
    t.match(message, 'X-Webhook-Signature', 'it says what to send')
    t.equal((await post(body, { to, key, headers })).statusCode, 202)
  }
})

t.test('text that PostgreSQL cannot keep does not stop its chat', async (t) => {
  const response = await post([brokerMessage({ text: 'a\u0000b\ud800' }), brokerMessage({ text: 'after' })])
  t.match(response.json(), { queued: 2 })
  const messages = (await queued()).map((envelope) => envelope.kind === 'message' && envelope.message)
  t.match(messages, [{ conversation: 'ab\ufffd', text: 'ab\ufffd' }, { conversation: 'after' }])
})
