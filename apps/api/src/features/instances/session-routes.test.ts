import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const INSTANCE = {
  id: 'acme-phone',
  name: 'Phone',
  tenantId: 'acme',
  status: 'connecting',
  connected: false,
  phone: null,
  lid: null,
  qrAvailable: true,
  lastError: null,
}
const METRICS = { instanceId: 'acme-phone', sent: { text: { sent: 2 } }, decryptFailures: 0 }

type Answer = (response: ServerResponse, body: unknown) => void
const giving =
  (status: number, body: object, headers = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(JSON.stringify(body))
const refusing = (status: number, code: string, details?: object) =>
  giving(status, { error: { code, message: `${code}, so`, requestId: 'x', details } }, { 'retry-after': '7' })

/** A broker that answers as told; what it was asked, in order. */
const answers = new Map<string, Answer>()
const asked: string[] = []
const broker = createServer(async (request, response) => {
  const route = `${request.method} ${request.url?.replace('/instances/acme-phone', '')}`
  const body = request.headers['content-type'] ? await json(request) : undefined
  asked.push(body === undefined ? route : `${route} ${JSON.stringify(body)}`)
  const answer = answers.get(route) ?? giving(200, INSTANCE)
  answer(response, body)
}).listen(0, '127.0.0.1')
await once(broker, 'listening')
t.teardown(() => void broker.close())

const env = {
  WHATSAPP_BROKER_URL: `http://127.0.0.1:${(broker.address() as AddressInfo).port}`,
  WHATSAPP_BROKER_API_KEY: 'key of the broker',
}
const { app, db, domain, keys, keyWith } = await startApi(t, { env })
const BASE = '/api/integrations/whatsapp/instances/acme-phone'
const call = (method: 'GET' | 'POST', path: string, payload?: object, key = keys.acme) =>
  app.inject({ method, url: BASE + path, headers: { 'x-api-key': key }, ...(payload ? { payload } : {}) })

const audited = () =>
  db
    .selectFrom('audit_entry')
    .select(['action', 'entity_id', 'details', 'request_id'])
    .where('entity_type', '=', 'instance')
    .orderBy('id')
    .execute()

t.test(
  'a session is restarted and logged out by the broker, and who had it done is written down',
  async (t) => {
    for (const act of ['connect', 'restart', 'logout', 'disconnect']) {
      const before = asked.length
      const response = await call('POST', `/${act}`)
      t.equal(response.statusCode, 202)
      t.match(response.json(), { id: 'acme-phone', status: 'connecting', qrAvailable: true })
      t.equal(asked.at(-1), `POST /${act}`)
      t.equal(asked.length - before, act === 'disconnect' ? 1 : 2, 'the broker is made to know it first')
    }
    t.match(
      await audited(),
      ['connect', 'restart', 'logout', 'disconnect'].map((act) => ({
        action: 'UPDATED',
        entity_id: 'acme-phone',
        details: { act },
      })),
    )
  },
)

t.test('what the broker does not do is written down as failed', async (t) => {
  answers.set('POST /restart', refusing(503, 'SHUTTING_DOWN'))
  const response = await call('POST', '/restart')
  matchProblem(t, response, 503, 'BROKER_ERROR')
  t.equal(response.headers['retry-after'], '7')
  t.match((await audited()).at(-1), { action: 'FAILED', details: { act: 'restart', code: 'BROKER_ERROR' } })
})

t.test('a code to scan is given as text and as image, and is stored by nobody on the way', async (t) => {
  const expiresAt = '2030-01-01T00:00:00.000Z'
  answers.set('GET /qr', giving(200, { qr: 'a secret', expiresAt, available: true }))
  const text = await call('GET', '/qr')
  t.same([text.statusCode, text.json()], [200, { qr: 'a secret', expiresAt, available: true }])
  t.equal(text.headers['cache-control'], 'no-store')

  const image = Buffer.from([137, 80, 78, 71, 0, 255])
  answers.set(
    'GET /qr.png',
    (response) => void response.writeHead(200, { 'content-type': 'image/png' }).end(image),
  )
  const png = await call('GET', '/qr.png')
  t.equal(png.headers['content-type'], 'image/png')
  t.equal(png.headers['cache-control'], 'no-store')
  t.ok(image.equals(png.rawPayload))

  for (const path of ['/qr', '/qr.png']) {
    answers.set(`GET ${path}`, refusing(404, 'QR_NOT_AVAILABLE', { status: 'connected', reason: null }))
    const { details } = matchProblem(t, await call('GET', path), 404, 'QR_NOT_AVAILABLE')
    t.same(details, { status: 'connected', reason: null })
  }
  const events = await db.selectFrom('event').selectAll().execute()
  t.notMatch(JSON.stringify([events, await audited()]), /a secret/)
})

t.test('a code to type is asked for a phone', async (t) => {
  answers.set('POST /pair', giving(200, { pairingCode: 'ABCD1234', expiresAt: null }))
  const response = await call('POST', '/pair', { phoneNumber: '+5511987654321' })
  t.same([response.statusCode, response.json()], [200, { pairingCode: 'ABCD1234', expiresAt: null }])
  t.equal(asked.at(-1), 'POST /pair {"phoneNumber":"+5511987654321"}')
  t.match((await audited()).at(-1), { action: 'UPDATED', details: { act: 'pair' } })
  matchProblem(t, await call('POST', '/pair', {}), 400, 'VALIDATION_ERROR')
  answers.set('POST /pair', refusing(409, 'IMPOSSIBLE_TRANSITION'))
  matchProblem(
    t,
    await call('POST', '/pair', { phoneNumber: '+5511987654321' }),
    409,
    'IMPOSSIBLE_TRANSITION',
  )
})

t.test('recipients are looked up, and groups and metrics shown, as the broker tells', async (t) => {
  const facts = { exists: true, canReceive: true, jid: '5511987654321@s.whatsapp.net', lid: '1@lid' }
  answers.set('POST /exists', (response, body) => {
    const { to, numbers = [to] } = body as { to?: string; numbers?: string[] }
    giving(200, { ...facts, results: numbers.map((input) => ({ input, ...facts })) })(response, body)
  })
  const one = await call('POST', '/exists', { to: '+5511987654321' })
  t.match(one.json(), { ...facts, results: [{ input: '+5511987654321', exists: true }] })
  const two = await call('POST', '/exists', { numbers: ['1', '2'] })
  t.match(two.json().results, [{ input: '1' }, { input: '2' }])
  matchProblem(t, await call('POST', '/exists', {}), 400, 'VALIDATION_ERROR')
  answers.set('POST /exists', refusing(422, 'INVALID_TO'))
  matchProblem(t, await call('POST', '/exists', { to: 'abc' }), 422, 'INVALID_TO')
  answers.set('POST /exists', refusing(409, 'INSTANCE_DISCONNECTED', { status: 'created', connected: false }))
  const { details } = matchProblem(
    t,
    await call('POST', '/exists', { to: '1' }),
    409,
    'INSTANCE_DISCONNECTED',
  )
  t.same(details, { status: 'created', connected: false })

  const group = { id: '1@g.us', subject: 'Support', size: 3, isAdmin: true }
  answers.set('GET /groups', giving(200, { groups: [group] }))
  t.same((await call('GET', '/groups')).json(), { groups: [group] })
  answers.set('GET /groups', refusing(429, 'RATE_LIMITED'))
  const limited = await call('GET', '/groups')
  matchProblem(t, limited, 429, 'RATE_LIMITED')
  t.equal(limited.headers['retry-after'], '7')

  answers.set('GET /metrics', giving(200, METRICS))
  t.same((await call('GET', '/metrics')).json(), METRICS)
})

t.test('how the broker treats an instance is kept, and told to it, also when it connects', async (t) => {
  const patch = (broker: object | null) =>
    app.inject({
      method: 'PATCH',
      url: BASE,
      headers: { 'x-api-key': keys.acme },
      payload: { settings: { broker } },
    })
  const told = (settings: object) => `PATCH  ${JSON.stringify({ settings })}`
  const changed = await patch({ typing: true, ceiling: 3 })
  t.same(changed.json().settings.broker, { typing: true, ceiling: 3 })
  t.equal(asked.at(-1), told({ typing: true, ceiling: 3, readReceipts: null }))
  await call('POST', '/connect')
  t.same(asked.slice(-2), [told({ typing: true, ceiling: 3, readReceipts: null }), 'POST /connect'])

  t.same((await patch({ typing: null })).json().settings.broker, { ceiling: 3 })
  t.equal((await patch(null)).json().settings.broker, undefined)
  t.equal(asked.at(-1), told({ typing: null, ceiling: null, readReceipts: null }))
  for (const wrong of [{ ceiling: 0 }, { webhookUrl: 'https://elsewhere.example' }]) {
    matchProblem(t, await patch(wrong), 400, 'VALIDATION_ERROR')
  }
  answers.set('PATCH ', refusing(503, 'SHUTTING_DOWN'))
  matchProblem(t, await patch({ readReceipts: false }), 503, 'BROKER_ERROR')
  answers.delete('PATCH ')
})

t.test(
  'an instance that was never used is deleted, here and at the broker; one with tickets stays',
  async (t) => {
    const remove = (id: string) =>
      app.inject({
        method: 'DELETE',
        url: BASE.replace('acme-phone', id),
        headers: { 'x-api-key': keys.acme },
      })
    await createInstance(db, { id: 'acme-unused', tenantId: 'acme', name: 'Unused' })
    answers.set('DELETE /instances/acme-unused', refusing(503, 'SHUTTING_DOWN'))
    matchProblem(t, await remove('acme-unused'), 503, 'BROKER_ERROR')
    answers.set('DELETE /instances/acme-unused', (response) => void response.writeHead(204).end())
    t.equal((await remove('acme-unused')).statusCode, 204)
    matchProblem(t, await remove('acme-unused'), 404, 'INSTANCE_NOT_FOUND')
    t.match((await audited()).at(-1), { action: 'DELETED', entity_id: 'acme-unused' })
    await createInstance(db, { id: 'acme-pulled', tenantId: 'acme', name: 'Pulled', delivery: 'pull' })
    t.equal((await remove('acme-pulled')).statusCode, 204, 'no broker knows it')

    await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955550123', text: 'hello' })
    const before = asked.length
    matchProblem(t, await remove('acme-phone'), 409, 'IMPOSSIBLE_TRANSITION')
    t.equal(asked.length, before, 'its session is left alone')
  },
)

t.test('who may only read sees no code and restarts nothing', async (t) => {
  const reader = await keyWith('read')
  for (const [method, path, payload] of [
    ['POST', '/restart'],
    ['POST', '/logout'],
    ['POST', '/pair', { phoneNumber: '+5511987654321' }],
    ['GET', '/qr'],
    ['GET', '/qr.png'],
    ['POST', '/exists', { to: '+5511987654321' }],
  ] as const) {
    const before = asked.length
    matchProblem(t, await call(method, path, payload, reader), 403, 'INSUFFICIENT_SCOPE')
    t.equal(asked.length, before, 'the broker is not asked')
  }
  for (const path of ['/groups', '/metrics'])
    t.not((await call('GET', path, undefined, reader)).statusCode, 403)
})
