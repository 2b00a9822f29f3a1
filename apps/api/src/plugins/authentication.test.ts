import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import t from 'tap'
import { matchProblem } from '../testing/match-problem.ts'
import { startApi } from '../testing/start-api.ts'

const { app, db, keys, keyWith } = await startApi(t)
const OUTBOUND = '/api/v1/outbound/messages'
const INSTANCES = '/api/integrations/whatsapp/instances'

const list = (headers: Record<string, string>) => app.inject({ url: '/api/tickets', headers })
const send = (key: string) =>
  app.inject({
    method: 'POST',
    url: OUTBOUND,
    headers: { 'x-api-key': key },
    payload: { to: '+5511955550001', text: 'Hello' },
  })

t.test('a key is taken where clients in the field put it', async (t) => {
  for (const headers of [
    { 'x-api-key': keys.acme },
    { authorization: `Bearer ${keys.acme}` },
    { authorization: `bearer  ${keys.acme}` },
    { 'x-authorization': keys.acme },
    { 'x-authorization': `Bearer ${keys.acme}` },
  ]) {
    t.equal((await list(headers)).statusCode, 200, Object.entries(headers).join())
  }
})

t.test('without a key, or with a wrong one, nothing is answered', async (t) => {
  const wrong = [
    {},
    { 'x-api-key': '' },
    { 'x-api-key': 'a wrong key of some length' },
    { 'x-api-key': `${keys.acme}x` },
    { authorization: `Basic ${keys.acme}` },
    { authorization: keys.acme },
    { cookie: `x-api-key=${keys.acme}` },
  ]
  for (const headers of wrong) matchProblem(t, await list(headers), 401, 'INVALID_API_KEY')
})

t.test('the first header that is there decides: a wrong one is not passed over', async (t) => {
  const response = await list({
    'x-api-key': 'a wrong key of some length',
    authorization: `Bearer ${keys.acme}`,
  })
  matchProblem(t, response, 401, 'INVALID_API_KEY')
})

t.test('who carries no key learns nothing of what a route wants', async (t) => {
  const requests = [
    { method: 'POST', url: OUTBOUND, payload: { nonsense: true } },
    { method: 'GET', url: `${OUTBOUND}/no-uuid` },
    { method: 'GET', url: '/api/tickets?limit=many' },
    { method: 'POST', url: INSTANCES, payload: {} },
  ] as const
  for (const request of requests) matchProblem(t, await app.inject(request), 401, 'INVALID_API_KEY')
})

t.test('a key does what its scopes say, and no more', async (t) => {
  const [reader, sender, webhook] = [
    await keyWith('read'),
    await keyWith('send'),
    await keyWith('webhook', 'gateway'),
  ]
  t.equal((await list({ 'x-api-key': reader })).statusCode, 200)
  t.equal((await send(sender)).statusCode, 201)
  const { message } = matchProblem(t, await send(reader), 403, 'INSUFFICIENT_SCOPE')
  t.match(message, 'send', 'it says which scope is missing')
  matchProblem(t, await list({ 'x-api-key': sender }), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await list({ 'x-api-key': webhook }), 403, 'INSUFFICIENT_SCOPE')
  const make = { method: 'POST', url: INSTANCES, payload: { id: 'mine', name: 'Mine' } } as const
  for (const key of [reader, sender, webhook]) {
    matchProblem(t, await app.inject({ ...make, headers: { 'x-api-key': key } }), 403, 'INSUFFICIENT_SCOPE')
  }
})

t.test('an admin may do all within its tenant', async (t) => {
  const admin = await keyWith('admin')
  t.equal((await list({ 'x-api-key': admin })).statusCode, 200)
  t.equal((await send(admin)).statusCode, 201)
})

t.test('a revoked key opens nothing', async (t) => {
  const key = await keyWith('read')
  const row = await db
    .selectFrom('api_key')
    .select('id')
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow()
  t.equal((await list({ 'x-api-key': key })).statusCode, 200)
  await revokeKey({ db }, { tenantId: 'acme', id: row.id, actor: 'test' })
  matchProblem(t, await list({ 'x-api-key': key }), 401, 'INVALID_API_KEY')
})

t.test(
  'a header that names another tenant than the key\u2019s is refused; the key\u2019s own is fine',
  async (t) => {
    for (const name of ['x-org-id', 'x-tenant-id']) {
      t.equal((await list({ 'x-api-key': keys.acme, [name]: 'acme' })).statusCode, 200)
      for (const tenant of ['other', 'nobody', '']) {
        matchProblem(t, await list({ 'x-api-key': keys.acme, [name]: tenant }), 403, 'TENANT_MISMATCH')
      }
    }
  },
)
