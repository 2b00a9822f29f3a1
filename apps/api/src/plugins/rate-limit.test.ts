import { createKey } from '@carteiro/domain/keys/create-key'
import t from 'tap'
import { brokerMessage } from '../testing/broker-event.ts'
import { matchProblem } from '../testing/match-problem.ts'
import { startApi } from '../testing/start-api.ts'

const WEBHOOK = '/api/integrations/whatsapp/webhook'
const { app, db, brokerKey } = await startApi(t, { env: { RATE_LIMIT_PER_MINUTE: '3' } })

let made = 0
const newKey = async () => {
  const key = { tenantId: 'acme', name: `key ${++made}`, scopes: ['read', 'webhook'] as const, actor: 'test' }
  return (await createKey({ db }, { ...key, scopes: [...key.scopes] })).secret
}
const ask = (headers: Record<string, string>, url = '/api/tickets') => app.inject({ url, headers })
const post = (key: string) =>
  app.inject({ method: 'POST', url: WEBHOOK, headers: { 'x-api-key': key }, payload: brokerMessage() })

t.test('a key may ask so often a minute, and is then told when to come again', async (t) => {
  const key = await newKey()
  const first = await ask({ 'x-api-key': key })
  t.equal(first.statusCode, 200)
  t.match(first.headers, { 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2' })
  t.equal((await post(key)).statusCode, 202)
  t.equal((await ask({ authorization: `Bearer ${key}` })).statusCode, 200)
  for (const response of [
    await ask({ 'x-api-key': key }),
    await post(key),
    await ask({ 'x-authorization': key }),
  ]) {
    const { message } = matchProblem(t, response, 429, 'RATE_LIMITED')
    t.match(message, '3 times a minute')
    const wait = Number(response.headers['retry-after'])
    t.ok(wait >= 1 && wait <= 60, `${wait} s`)
  }
})

t.test('one key\u2019s haste is not another\u2019s, even of the same tenant', async (t) => {
  const [hasty, calm] = [await newKey(), await newKey()]
  for (let count = 0; count < 4; count++) await ask({ 'x-api-key': hasty })
  matchProblem(t, await ask({ 'x-api-key': hasty }), 429, 'RATE_LIMITED')
  t.equal((await ask({ 'x-api-key': calm })).statusCode, 200)
})

t.test('the platform\u2019s broker, probes and who has no key are never told to wait', async (t) => {
  const key = await newKey()
  for (let count = 0; count < 8; count++) {
    t.equal((await post(brokerKey)).statusCode, 202)
    for (const url of ['/livez', '/readyz', '/healthz', '/metrics']) {
      t.equal((await ask({ 'x-api-key': key }, url)).statusCode, 200)
    }
    matchProblem(t, await ask({}), 401, 'INVALID_API_KEY')
  }
  t.equal((await ask({ 'x-api-key': key })).statusCode, 200)
})

t.test('0 takes the limit off', async (t) => {
  const free = await startApi(t, { env: { RATE_LIMIT_PER_MINUTE: '0' } })
  for (let count = 0; count < 8; count++) {
    const response = await free.app.inject({ url: '/api/tickets', headers: { 'x-api-key': free.keys.acme } })
    t.equal(response.statusCode, 200)
    t.notOk('x-ratelimit-limit' in response.headers)
  }
})
