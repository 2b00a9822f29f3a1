import { randomBytes } from 'node:crypto'
import { startDatabaseRelay } from '@carteiro/database/testing/relay'
import { sql } from 'kysely'
import t from 'tap'
import { brokerMessage } from '../../testing/broker-event.ts'
import { cloudBody, cloudChange, cloudText, readFixtures } from '../../testing/cloud-webhook.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import {
  BROKER_PATH,
  CLOUD_PATH,
  connectTo,
  NUMBERS,
  OTHER_SECRET,
  SHARED_SECRET,
  startCloudApi,
  textTo,
} from '../../testing/start-cloud-api.ts'

const { api, post, queued } = await startCloudApi(t)

t.test(
  'a message waits in its chat\u2019s queue when Meta is answered, by each way to name the tenant',
  async (t) => {
    const ways = [{}, { url: CLOUD_PATH, headers: { 'x-org-id': 'acme' } }, { url: CLOUD_PATH }]
    for (const way of ways) {
      const response = await post(cloudBody(textTo(NUMBERS.sales)), way)
      t.equal(response.statusCode, 200)
      t.same(response.json(), { success: true, queued: 1, rejected: [] })
      t.match(await queued(), [
        { kind: 'message', tenantId: 'acme', instanceId: 'sales', message: { text: 'Oi!' } },
      ])
      await sql`delete from pgboss.job`.execute(api.db)
    }
  },
)

t.test('numbers of one tenant may share an app and a body: each gets its own', async (t) => {
  const response = await post(cloudBody(textTo(NUMBERS.sales, 'wamid.A'), textTo(NUMBERS.support, 'wamid.B')))
  t.same(response.json(), { success: true, queued: 2, rejected: [] })
  t.same((await queued()).map(({ instanceId }) => instanceId).sort(), ['sales', 'support'])
})

t.test('a change for a number that the body was not signed for is rejected alone', async (t) => {
  const changes = [
    textTo(NUMBERS.alone),
    textTo(NUMBERS.others),
    textTo('9999'),
    textTo(null),
    textTo(NUMBERS.support),
  ]
  const at = (index: number) => `entry.0.changes.${index}.value`
  for (const way of [{}, { url: CLOUD_PATH }]) {
    const { queued: taken, rejected } = (await post(cloudBody(...changes), way)).json()
    t.equal(taken, 1)
    t.match(rejected, [
      { path: at(0), reason: 'invalid_signature' },
      { path: at(1) },
      { path: at(2) },
      { path: at(3) },
    ])
  }
  t.same([...new Set((await queued()).map(({ instanceId }) => instanceId))], ['support'])
})

t.test('the sample without a number is taken where the tenant has one app on one number', async (t) => {
  const statuses = [{ id: 'wamid.XXX', status: 'delivered', timestamp: '1234567890' }]
  const sample = {
    object: 'whatsapp_business_account',
    entry: [{ changes: [{ field: 'messages', value: { statuses } }] }],
  }
  const options = { url: CLOUD_PATH, secret: OTHER_SECRET, headers: { 'x-org-id': 'other' } }
  t.same((await post(sample, options)).json(), { success: true, queued: 1, rejected: [] })
  t.match(await queued(), [
    { kind: 'status', instanceId: 'others', providerMessageId: 'wamid.XXX', status: 'DELIVERED' },
  ])
})

t.test('Meta may post to the brokers\u2019 addresses, and brokers post there as before', async (t) => {
  for (const url of [BROKER_PATH, '/api/integrations/whatsapp/webhook']) {
    for (const headers of [{}, { 'x-org-id': 'acme' }] as Record<string, string>[]) {
      const response = await post(cloudBody(textTo(NUMBERS.sales)), { url, headers })
      t.equal(response.statusCode, 200)
      t.same(response.json(), { success: true, queued: 1, rejected: [] })
    }
    t.match((await post(cloudBody(), { url, headers: { 'x-org-id': 'acme' } })).json(), {
      message: /neither/,
    })
    const wrong = await post(cloudBody(textTo(NUMBERS.sales)), { url, secret: 'a wrong secret' })
    matchProblem(t, wrong, 401, 'INVALID_SIGNATURE')
    const told = brokerMessage({ text: 'I said "whatsapp_business_account"' })
    matchProblem(t, await post(told, { url }), 401, 'INVALID_API_KEY')
    t.equal((await post(told, { url, headers: { 'x-api-key': api.brokerKey } })).statusCode, 202)
  }
})

t.test('a body of statuses brings receipts alone', async (t) => {
  const statuses = Object.values(readFixtures('statuses'))
  t.match((await post(cloudBody(cloudChange({ statuses }, NUMBERS.sales)))).json(), {
    queued: statuses.length,
  })
  t.same([...new Set((await queued()).map(({ kind }) => kind))], ['status'])
})

t.test('what is signed but no message is said to be nothing, or no JSON', async (t) => {
  for (const body of [
    {},
    [],
    cloudBody(),
    cloudBody({ field: 'account_update', value: { event: 'VERIFIED' } }),
  ]) {
    const response = await post(body)
    t.equal(response.statusCode, 200)
    t.match(response.json(), { success: true, message: /neither/ })
  }
  for (const body of ['{', '', '\xff', '['.repeat(100_000)]) {
    matchProblem(t, await post(body), 400, 'INVALID_WEBHOOK_JSON')
  }
  t.same(await queued(), [])
})

t.test('what PostgreSQL cannot keep is taken without it', async (t) => {
  const response = await post(cloudBody(cloudChange(cloudText({ text: 'a\0b\ud800' }), NUMBERS.sales)))
  t.match(response.json(), { queued: 1 })
  t.match(await queued(), [{ message: { text: 'ab\ufffd' } }])
})

t.test('ten thousand events in one body are taken; a body over 8 MiB is not', async (t) => {
  const statuses = Array.from({ length: 10_000 }, (_, index) => ({
    id: `wamid.${index}`,
    status: 'read',
    recipient_id: String(5511900000000 + index),
  }))
  t.match((await post(cloudBody(cloudChange({ statuses }, NUMBERS.sales)))).json(), { queued: 10_000 })
  const more = [...statuses, { id: 'wamid.more', status: 'read' }]
  matchProblem(
    t,
    await post(cloudBody(cloudChange({ statuses: more }, NUMBERS.sales))),
    413,
    'PAYLOAD_TOO_LARGE',
  )
  t.equal((await queued()).length, 10_000)
  matchProblem(t, await post(' '.repeat(8 * 1024 * 1024 + 1)), 413, 'PAYLOAD_TOO_LARGE')
})

t.test('what became of each event is counted', async (t) => {
  await post(
    cloudBody(
      textTo(NUMBERS.sales),
      textTo(NUMBERS.alone),
      cloudChange(
        { statuses: [{ id: 'wamid.COUNTED', status: 'read', timestamp: '1234567890' }] },
        NUMBERS.sales,
      ),
      cloudChange({ errors: [{ code: 1 }] }, NUMBERS.sales),
    ),
  )
  const { body } = await api.app.inject('/metrics')
  t.match(body, /origin="cloud",instance_id="sales",result="accepted",reason="ok",payload_type="message"/)
  t.match(body, /origin="cloud",instance_id="sales",result="accepted",reason="ok",payload_type="status"/)
  for (const reason of ['invalid_signature', 'provider_error', 'invalid_json']) {
    t.match(body, `origin="cloud",instance_id="unknown",result="rejected",reason="${reason}"`)
  }
})

t.test('what would wait in memory without bound is asked to come again, and comes', async (t) => {
  const body = (first: number) => {
    const ids = Array.from({ length: 6_000 }, (_, index) => `wamid.${first + index}`)
    return cloudBody(cloudChange({ statuses: ids.map((id) => ({ id, status: 'read' })) }, NUMBERS.sales))
  }
  const { promise: answered, resolve: letGo } = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const holding = api.db.transaction().execute(async (transaction) => {
    await sql`lock table pgboss.job in exclusive mode`.execute(transaction)
    locked.resolve()
    await answered
  })
  await locked.promise
  const both = [post(body(0)), post(body(6_000))]
  const refused = await Promise.race(both)
  matchProblem(t, refused, 503, 'QUEUE_FULL')
  t.equal(refused.headers['retry-after'], '1')
  letGo()
  await holding
  t.same((await Promise.all(both)).map(({ statusCode }) => statusCode).sort(), [200, 503])
  t.match((await post(body(6_000))).json(), { queued: 6_000 })
})

t.test('while PostgreSQL is away Meta is asked to come again', async (t) => {
  let relay: Awaited<ReturnType<typeof startDatabaseRelay>> | undefined
  const env = { CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('hex') }
  const reach = async (direct: string) => {
    relay = await startDatabaseRelay(t, direct)
    return relay.url
  }
  const to = await startApi(t, { env, reach })
  await connectTo(to)('sales', NUMBERS.sales, SHARED_SECRET)
  await relay?.goAway()
  const refused = await post(cloudBody(textTo(NUMBERS.sales)), { to })
  matchProblem(t, refused, 503, 'DATABASE_UNAVAILABLE')
  t.equal(refused.headers['retry-after'], '1')
  await relay?.comeBack()
  t.match((await post(cloudBody(textTo(NUMBERS.sales)), { to })).json(), { queued: 1 })
})
