import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const BASE = '/api/integrations/whatsapp/instances'
const { app, db, keys } = await startApi(t)

const call = (method: 'GET' | 'POST', url: string, payload?: object, key = keys.acme) =>
  app.inject({ method, url: BASE + url, headers: { 'x-api-key': key }, ...(payload ? { payload } : {}) })

t.test('a tenant\u2019s instances are listed and shown, and no other\u2019s', async (t) => {
  const { instances } = (await call('GET', '')).json()
  t.match(instances, [{ id: 'acme-phone', tenantId: 'acme', status: 'connected', connected: true }])
  t.equal(instances.length, 1)
  t.same((await call('GET', '/acme-phone')).json(), instances[0])
})

t.test('an instance that is unknown, or another tenant\u2019s, is named', async (t) => {
  for (const id of ['nowhere', 'other-phone']) {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/status'],
      ['POST', '/connect'],
      ['POST', '/disconnect'],
    ] as const) {
      const error = matchProblem(t, await call(method, `/${id}${path}`), 404, 'INSTANCE_NOT_FOUND')
      t.match(error.message, id)
      t.same(error.details, { instanceId: id })
    }
  }
  matchProblem(t, await call('GET', '/Not A Slug'), 400, 'VALIDATION_ERROR')
})

t.test('without a broker, what needs one says which variables are missing, and makes nothing', async (t) => {
  const missing = ['WHATSAPP_BROKER_URL', 'WHATSAPP_BROKER_API_KEY']
  for (const response of [
    await call('POST', '', { id: 'acme-second', name: 'Second' }),
    await call('GET', '/acme-phone/status'),
    await call('POST', '/acme-phone/connect'),
    await call('POST', '/acme-phone/disconnect'),
  ]) {
    const { details, message } = matchProblem(t, response, 503, 'WHATSAPP_NOT_CONFIGURED')
    t.same(details, { missing })
    for (const variable of missing) t.match(message, variable)
  }
  const made = await db.selectFrom('instance').select('id').where('id', '=', 'acme-second').execute()
  t.same(made, [])
})

t.test('with half of a broker only the other half is missing', async (t) => {
  const api = await startApi(t, { env: { WHATSAPP_BROKER_URL: 'http://127.0.0.1:9' } })
  const response = await api.app.inject({
    method: 'POST',
    url: `${BASE}/acme-phone/connect`,
    headers: { 'x-api-key': api.keys.acme },
  })
  const { details } = matchProblem(t, response, 503, 'WHATSAPP_NOT_CONFIGURED')
  t.same(details, { missing: ['WHATSAPP_BROKER_API_KEY'] })
})

t.test('each fault of a new instance is told with its path', async (t) => {
  const table: [body: object, path: string][] = [
    [{ name: 'Second' }, 'body.id'],
    [{ id: 'Not A Slug', name: 'Second' }, 'body.id'],
    [{ id: 'acme-second', name: ' ' }, 'body.name'],
    [{ id: 'acme-second', name: 'Second\u0000' }, 'body.name'],
    [{ id: 'acme-second', name: 'Second', tenantId: 'other' }, 'body'],
  ]
  for (const [body, path] of table) {
    const { details } = matchProblem(t, await call('POST', '', body), 400, 'VALIDATION_ERROR')
    t.match(details, [{ path }], JSON.stringify(body))
  }
})

t.test('a broker that is configured but away is said to be, for now', async (t) => {
  const env = { WHATSAPP_BROKER_URL: 'http://127.0.0.1:9', WHATSAPP_BROKER_API_KEY: 'key of the broker' }
  const api = await startApi(t, { env })
  const headers = { 'x-api-key': api.keys.acme }
  const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
    api.app.inject({ method, url: BASE + url, headers, ...(payload ? { payload } : {}) })
  for (const response of [await ask('GET', '/acme-phone/status'), await ask('POST', '/acme-phone/connect')]) {
    matchProblem(t, response, 503, 'BROKER_ERROR')
    t.ok(Number(response.headers['retry-after']) > 0)
  }
  matchProblem(t, await ask('POST', '', { id: 'other-phone', name: 'Taken' }), 409, 'INSTANCE_ALREADY_EXISTS')
  matchProblem(t, await ask('POST', '', { id: 'acme-second', name: 'Second' }), 503, 'BROKER_ERROR')
})
