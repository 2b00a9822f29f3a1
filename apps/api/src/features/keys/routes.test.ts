import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, keys, keyWith } = await startApi(t)

const call = (method: 'GET' | 'POST' | 'DELETE', path = '', payload?: object, key = keys.acme) =>
  app.inject({
    method,
    url: `/api/v1/keys${path}`,
    headers: { 'x-api-key': key },
    ...(payload ? { payload } : {}),
  })

t.test('a key is made, opens what it may, is listed without its secret, and is revoked', async (t) => {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
  const made = await call('POST', '', { name: 'Inbox', scopes: ['admin'], userId: 'maria', expiresAt })
  t.equal(made.statusCode, 201, made.body)
  const { id, secret } = made.json()
  const listed = await call('GET', '', undefined, secret)
  t.match(listed.json().items[0], {
    id,
    name: 'Inbox',
    scopes: ['admin'],
    userId: 'maria',
    expiresAt,
    revokedAt: null,
    lastUsedAt: /^\d{4}-/,
  })
  t.notOk(listed.body.includes(secret))
  t.equal((await call('DELETE', `/${id}`)).statusCode, 204)
  matchProblem(t, await call('GET', '', undefined, secret), 401, 'INVALID_API_KEY')
  matchProblem(t, await call('DELETE', `/${id}`), 404, 'KEY_NOT_FOUND')
  t.match((await call('GET', '?limit=1')).json().items[0], { id, revokedAt: /^\d{4}-/ })
})

t.test('who made and who revoked a key is on record', async (t) => {
  const { id } = (await call('POST', '', { name: 'Inbox', scopes: ['read'] })).json()
  await call('DELETE', `/${id}`)
  const entries = await db
    .selectFrom('audit_entry')
    .select(['action', 'actor'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  t.match(entries, [
    { action: 'CREATED', actor: /^key:/ },
    { action: 'UPDATED', actor: /^key:/ },
  ])
})

t.test('keys are listed page by page, the newest first, each once', async (t) => {
  const all = (await call('GET', '?limit=200')).json().items.map(({ id }: { id: string }) => id)
  const paged: string[] = []
  for (let query = '?limit=2'; query !== ''; ) {
    const { items, nextCursor } = (await call('GET', query)).json()
    paged.push(...items.map(({ id }: { id: string }) => id))
    query = nextCursor === null ? '' : `?limit=2&cursor=${nextCursor}`
  }
  t.same(paged, all)
  t.ok(all.length > 2)
})

t.test('what is no key is refused with its path, and nothing is made', async (t) => {
  const before = (await call('GET')).body
  for (const [payload, path] of [
    [{ scopes: ['read'] }, 'body.name'],
    [{ name: '', scopes: ['read'] }, 'body.name'],
    [{ name: 'Inbox', scopes: [] }, 'body.scopes'],
    [{ name: 'Inbox', scopes: ['everything'] }, 'body.scopes.0'],
    [{ name: 'Inbox', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' }, 'body.expiresAt'],
    [{ name: 'Inbox', scopes: ['read'], expiresAt: 'tomorrow' }, 'body.expiresAt'],
    [{ name: 'Inbox', scopes: ['read'], secret: 'chosen by the client' }, 'body'],
  ] as const) {
    const answer = await call('POST', '', payload)
    matchProblem(t, answer, 400, 'VALIDATION_ERROR')
    t.match(answer.json().error.details, [{ path }], JSON.stringify(payload))
  }
  matchProblem(t, await call('DELETE', '/not-an-id'), 400, 'VALIDATION_ERROR')
  t.equal((await call('GET')).body, before)
})

t.test('only an admin sees and makes keys', async (t) => {
  const reader = await keyWith('read', 'send', 'webhook', 'gateway')
  matchProblem(t, await call('GET', '', undefined, reader), 403, 'INSUFFICIENT_SCOPE')
  const more = { name: 'more', scopes: ['admin'] }
  matchProblem(t, await call('POST', '', more, reader), 403, 'INSUFFICIENT_SCOPE')
})
