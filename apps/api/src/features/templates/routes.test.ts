import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, keys, keyWith } = await startApi(t)

const call = (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object, key = keys.acme) =>
  app.inject({
    method,
    url: `/api/v1/templates${path}`,
    headers: { 'x-api-key': key },
    ...(payload ? { payload } : {}),
  })

const welcome = (body = 'Hello {{name}}') => ({ body, variables: [{ name: 'name', type: 'text' }] })

t.afterEach(async () => void (await db.deleteFrom('template').execute()))

t.test('a template is written, read and listed, in each language by itself', async (t) => {
  const created = await call('PUT', '/welcome/pt-br', welcome('Olá {{name}}'))
  t.equal(created.statusCode, 201, created.body)
  t.match(created.json(), {
    code: 'welcome',
    language: 'pt_BR',
    version: 1,
    body: 'Olá {{name}}',
    header: null,
    footer: null,
    buttons: [],
    variables: [{ name: 'name', type: 'text' }],
    providerName: null,
  })
  t.equal((await call('PUT', '/welcome/en', welcome())).statusCode, 201)
  t.same((await call('GET', '/welcome/pt_BR')).json(), created.json())
  const { items, nextCursor } = (await call('GET', '')).json()
  t.match(items, [{ language: 'en' }, { language: 'pt_BR' }])
  t.equal(nextCursor, null)
  matchProblem(t, await call('GET', '/welcome/de'), 404, 'TEMPLATE_NOT_FOUND')
})

t.test('a list is read page by page, each template once', async (t) => {
  for (const name of ['b/en', 'a/pt', 'a/en']) await call('PUT', `/${name}`, welcome())
  const names: string[] = []
  let query = '?limit=2'
  for (let page = 0; page < 2; page++) {
    const { items, nextCursor } = (await call('GET', query)).json()
    names.push(...items.map((item: { code: string; language: string }) => `${item.code}/${item.language}`))
    query = `?limit=2&cursor=${encodeURIComponent(nextCursor)}`
  }
  t.same(names, ['a/en', 'a/pt', 'b/en'])
  matchProblem(t, await call('GET', '?cursor=nothing'), 400, 'VALIDATION_ERROR')
})

t.test('a change is a new version, the same again is none, and a deleted one goes on counting', async (t) => {
  await call('PUT', '/welcome/en', welcome())
  const same = await call('PUT', '/welcome/en', welcome())
  t.equal(same.statusCode, 200)
  t.equal(same.json().version, 1)
  t.match((await call('PUT', '/welcome/en', welcome('Hi {{name}}'))).json(), {
    version: 2,
    body: 'Hi {{name}}',
  })
  t.equal((await call('DELETE', '/welcome/en')).statusCode, 204)
  matchProblem(t, await call('GET', '/welcome/en'), 404, 'TEMPLATE_NOT_FOUND')
  matchProblem(t, await call('DELETE', '/welcome/en'), 404, 'TEMPLATE_NOT_FOUND')
  t.match((await call('PUT', '/welcome/en', welcome())).json(), { version: 3 })
  const audit = await db
    .selectFrom('audit_entry')
    .select(['action', 'entity_id', 'details'])
    .where('entity_type', '=', 'template')
    .where('entity_id', '=', 'welcome/en')
    .orderBy('occurred_at', 'desc')
    .limit(4)
    .execute()
  t.match(audit.map(({ action }) => action).sort(), ['CREATED', 'CREATED', 'DELETED', 'UPDATED'])
})

t.test('ten who write at once make ten versions, and one counts', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => call('PUT', '/welcome/en', welcome(`Hello {{name}} ${n}`))),
  )
  const versions = answers.map((answer) => answer.json().version)
  t.same(
    versions.toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  t.equal((await call('GET', '/welcome/en')).json().version, 10)
})

t.test('a template that could not be filled is refused where it is wrong', async (t) => {
  const variable = (name: string, type = 'text') => ({ name, type })
  const url = (address: string) => [{ type: 'url', text: 'Open', url: address }]
  const table: [definition: object, paths: string[]][] = [
    [{}, ['body.body']],
    [{ body: 'Hello {{name}}' }, ['body.body']],
    [{ body: 'Hello {{Name}}' }, ['body.body']],
    [{ body: 'Hello {{name' }, ['body.body']],
    [{ body: 'a'.repeat(1_025) }, ['body.body']],
    [{ body: 'Hello', variables: [variable('name')] }, ['body.variables.0.name']],
    [{ body: '{{a}}', variables: [variable('a'), variable('a')] }, ['body.variables.1.name']],
    [{ body: '{{a}}', variables: [variable('a', 'shape')] }, ['body.variables.0.type']],
    [{ body: 'Hello', header: 'a\nb' }, ['body.header']],
    [{ body: 'Hello', footer: '{{a}}' }, ['body.footer']],
    [{ body: 'Hello', buttons: url('ftp://example.com') }, ['body.buttons.0.url']],
    [{ body: '{{a}}', variables: [variable('a')], buttons: url('https://{{a}}/') }, ['body.buttons.0.url']],
    [
      { body: '{{a}}', variables: [variable('a')], buttons: url('https://example.com{{a}}') },
      ['body.buttons.0.url'],
    ],
    [{ body: '{{a}}', variables: [variable('a')], buttons: url('{{a}}') }, ['body.buttons.0.url']],
    [{ body: 'Hello', buttons: [{ type: 'phone', text: 'Call', phone: '123' }] }, ['body.buttons.0.phone']],
  ]
  for (const [definition, paths] of table) {
    const { details } = matchProblem(t, await call('PUT', '/welcome/en', definition), 400, 'VALIDATION_ERROR')
    t.same(
      (details as { path: string }[]).map(({ path }) => path),
      paths,
      JSON.stringify(definition).slice(0, 90),
    )
  }
  for (const name of ['/Not-A-Code/en', '/welcome/english']) {
    matchProblem(t, await call('PUT', name, welcome()), 400, 'VALIDATION_ERROR')
  }
  t.same((await call('GET', '')).json().items, [], 'nothing was written')
})

t.test('who may send may read templates, and only an administrator writes them', async (t) => {
  await call('PUT', '/welcome/en', welcome())
  const reader = await keyWith('read', 'send')
  t.equal((await call('GET', '/welcome/en', undefined, reader)).statusCode, 200)
  matchProblem(t, await call('PUT', '/welcome/en', welcome('x'), reader), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await call('DELETE', '/welcome/en', undefined, reader), 403, 'INSUFFICIENT_SCOPE')
})

t.test('templates of another tenant are not there', async (t) => {
  await call('PUT', '/welcome/en', welcome())
  matchProblem(t, await call('GET', '/welcome/en', undefined, keys.other), 404, 'TEMPLATE_NOT_FOUND')
  matchProblem(t, await call('DELETE', '/welcome/en', undefined, keys.other), 404, 'TEMPLATE_NOT_FOUND')
  t.same((await call('GET', '', undefined, keys.other)).json().items, [])
  t.match((await call('PUT', '/welcome/en', welcome('Theirs {{name}}'), keys.other)).json(), { version: 1 })
  t.match((await call('GET', '/welcome/en')).json(), { body: 'Hello {{name}}' })
})
