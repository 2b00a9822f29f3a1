import { startDatabaseRelay } from '@carteiro/database/testing/relay'
import t from 'tap'
import { brokerMessage } from './testing/broker-event.ts'
import { matchProblem } from './testing/match-problem.ts'
import { startApi } from './testing/start-api.ts'

const OUTBOUND = '/api/v1/outbound/messages'
const WEBHOOK = '/api/integrations/whatsapp/webhook'
const MIB = 1024 * 1024

const { app, keys, brokerKey } = await startApi(t)
const headers = { 'x-api-key': keys.acme, 'content-type': 'application/json' }
const post = (payload: string | Buffer | object | undefined, more: object = {}) =>
  app.inject({
    method: 'POST',
    url: OUTBOUND,
    headers: { ...headers, ...more },
    ...(payload === undefined ? {} : { payload }),
  })

t.test('a path or method that no route has is said to be none', async (t) => {
  for (const url of ['/', '/api', '/api/v2/outbound/messages', '/api/ticket']) {
    matchProblem(t, await app.inject({ url }), 404, 'NOT_FOUND')
  }
  const response = await app.inject({ method: 'DELETE', url: `${OUTBOUND}?token=secret` })
  const { message } = matchProblem(t, response, 404, 'NOT_FOUND')
  t.notMatch(message, 'secret', 'what a query carries is not repeated')
})

t.test('a body that is not JSON is said to be none', async (t) => {
  for (const payload of ['{', 'Oi!', '{"to":1,}', '']) {
    matchProblem(t, await post(payload), 400, 'INVALID_JSON')
  }
})

t.test('a body of another kind is refused by its kind', async (t) => {
  matchProblem(t, await post('to=1', { 'content-type': 'text/csv' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
})

t.test('a body over the limit of its route is refused: 1 MiB, and 8 for webhooks', async (t) => {
  const body = (bytes: number) => `{"text":"${'a'.repeat(bytes - 11)}"}`
  t.equal(body(MIB).length, MIB)
  matchProblem(t, await post(body(MIB + 1)), 413, 'PAYLOAD_TOO_LARGE')
  matchProblem(t, await post(body(MIB)), 400, 'VALIDATION_ERROR')

  const webhook = (text: string) =>
    app.inject({ method: 'POST', url: WEBHOOK, headers: { 'x-api-key': brokerKey }, payload: text })
  const event = JSON.stringify(brokerMessage())
  t.equal((await webhook(event.padEnd(8 * MIB))).statusCode, 202)
  matchProblem(t, await webhook(event.padEnd(8 * MIB + 1)), 413, 'PAYLOAD_TOO_LARGE')
})

t.test('a request\u2019s id is the caller\u2019s when it is sane, else one of ours', async (t) => {
  const idOf = async (given: string) =>
    (await app.inject({ url: '/nowhere', headers: { 'x-request-id': given } })).headers['x-request-id']
  t.equal(await idOf('caller-0001'), 'caller-0001')
  for (const given of ['short', 'with space', 'x'.repeat(129), '<script>']) t.not(await idOf(given), given)
})

t.test(
  'while PostgreSQL is away everything that needs it says so and when to come again, and then it works',
  async (t) => {
    let relay: Awaited<ReturnType<typeof startDatabaseRelay>> | undefined
    const reach = async (direct: string) => {
      relay = await startDatabaseRelay(t, direct)
      return relay.url
    }
    const api = await startApi(t, { reach })
    const requests = [
      { method: 'GET', url: '/api/tickets', headers: { 'x-api-key': api.keys.acme } },
      {
        method: 'POST',
        url: OUTBOUND,
        headers: { 'x-api-key': api.keys.acme },
        payload: { to: '+5511955550001', text: 'Hello' },
      },
      { method: 'POST', url: WEBHOOK, headers: { 'x-api-key': api.brokerKey }, payload: brokerMessage() },
      { method: 'POST', url: WEBHOOK, headers: { 'x-api-key': api.keys.acme }, payload: brokerMessage() },
    ] as const
    const ask = () => Promise.all(requests.map((request) => api.app.inject(request)))
    const statuses = async (...urls: string[]) =>
      (await Promise.all(urls.map((url) => api.app.inject({ url })))).map(({ statusCode }) => statusCode)
    t.same(
      (await ask()).map(({ statusCode }) => statusCode),
      [200, 201, 202, 202],
    )

    await relay?.goAway()
    for (const response of await ask()) {
      matchProblem(t, response, 503, 'DATABASE_UNAVAILABLE')
      t.equal(response.headers['retry-after'], '1')
      t.notMatch(response.body, /127\.0\.0\.1|ECONNREFUSED|select/i, 'nothing of the inside is told')
    }
    t.same(await statuses('/livez', '/healthz', '/readyz', '/metrics'), [200, 200, 503, 200])
    t.match((await api.app.inject({ url: '/healthz' })).json(), {
      status: 'degraded',
      checks: { database: { status: 'failed' } },
    })

    await relay?.comeBack()
    t.same(
      (await ask()).map(({ statusCode }) => statusCode),
      [200, 201, 202, 202],
    )
    t.same(await statuses('/readyz'), [200])
  },
)
