import { DEFAULT_FLOW } from '@carteiro/domain/flow/default-flow'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, keys, keyWith } = await startApi(t)

const call = (
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  {
    payload,
    headers = {},
    key = keys.acme,
  }: { payload?: object; headers?: Record<string, string>; key?: string } = {},
) =>
  app.inject({
    method,
    url: `/api/v1/flow${path}`,
    headers: { 'x-api-key': key, ...headers },
    ...(payload ? { payload } : {}),
  })

const question = (fields: object = {}) => ({
  ...{ key: 'ASK_ORDER', field: 'order', text: 'Your order?', answer: { type: 'text' } },
  ...fields,
})
const flow = (text = 'Your order?', fields: object = {}) => ({
  enabled: true,
  questions: [question({ text })],
  ...fields,
})

t.afterEach(async () => void (await db.deleteFrom('flow').execute()))

t.test('a tenant that has written no flow reads the default one, which is not enabled', async (t) => {
  const answer = await call('GET', '')
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers.etag, '"0"')
  t.same(answer.json(), { version: 0, createdAt: null, definition: DEFAULT_FLOW })
  t.equal(answer.json().definition.enabled, false)
})

t.test('the default flow can be written back as it was read, turned on', async (t) => {
  const { definition } = (await call('GET', '')).json()
  const payload = { ...definition, enabled: true }
  const written = await call('PUT', '', { payload, headers: { 'if-match': '"0"' } })
  t.equal(written.statusCode, 201, written.body)
  t.equal(written.headers.etag, '"1"')
  t.same((await call('GET', '')).json(), written.json())
  t.same(written.json().definition, payload)
})

t.test('a change is a new version, the same again is none, and old ones can be read', async (t) => {
  t.equal((await call('PUT', '', { payload: flow() })).statusCode, 201)
  t.match((await call('PUT', '', { payload: flow() })).json(), { version: 1 })
  for (const text of ['Which order?', 'Order?']) {
    t.equal((await call('PUT', '', { payload: flow(text) })).statusCode, 200)
  }
  const first = (await call('GET', '/versions?limit=2')).json()
  t.match(first.items, [{ version: 3 }, { version: 2 }])
  const last = (await call('GET', `/versions?limit=2&cursor=${first.nextCursor}`)).json()
  t.match(last, {
    items: [{ version: 1, definition: { questions: [{ text: 'Your order?' }] } }],
    nextCursor: null,
  })
  matchProblem(t, await call('GET', '/versions?cursor=nothing'), 400, 'VALIDATION_ERROR')
})

t.test('of two who write over one version, the second is told that it is old', async (t) => {
  await call('PUT', '', { payload: flow() })
  const headers = { 'if-match': '"1"' }
  const answers = await Promise.all(
    ['One?', 'Two?'].map((text) => call('PUT', '', { payload: flow(text), headers })),
  )
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 412])
  const refused = answers.find(({ statusCode }) => statusCode === 412)
  if (!refused) throw new Error('none was refused')
  t.match(matchProblem(t, refused, 412, 'STALE_VERSION').details, { version: 2 })
  t.match((await call('GET', '')).json(), { version: 2 })
  matchProblem(
    t,
    await call('PUT', '', { payload: flow(), headers: { 'if-match': 'x' } }),
    400,
    'VALIDATION_ERROR',
  )
  t.equal((await call('PUT', '', { payload: flow('Any?'), headers: { 'if-match': '*' } })).statusCode, 200)
})

const WRONG: [payload: object, path: string][] = [
  [{ enabled: true }, 'questions'],
  [flow('', {}), 'questions.0.text'],
  [flow('Dear {{name}}?'), 'questions.0.text'],
  [
    { enabled: true, questions: [question({ when: { field: 'order', is: ['1'] } })] },
    'questions.0.when.field',
  ],
  [
    { enabled: true, questions: [question({ answer: { type: 'pattern', pattern: '(a)\\1' } })] },
    'questions.0.answer.pattern',
  ],
]

t.test(
  'a flow that could not run is refused by the member to mend, and validated by the same rules',
  async (t) => {
    for (const [payload, path] of WRONG) {
      const { details } = matchProblem(t, await call('PUT', '', { payload }), 400, 'VALIDATION_ERROR')
      t.match(details, [{ path: `body.${path}` }], path)
      const validated = await call('POST', '/validate', { payload })
      t.equal(validated.statusCode, 200)
      t.match(validated.json(), { valid: false, faults: [{ path }] })
    }
    t.same((await call('POST', '/validate', { payload: flow() })).json(), { valid: true, faults: [] })
    t.equal((await call('GET', '')).json().version, 0, 'nothing was written')
  },
)

t.test(
  'only an administrator reads or writes it, each change is in the audit trail, and it is the tenant\u2019s own',
  async (t) => {
    const key = await keyWith('read', 'send')
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['GET', '/versions'],
      ['POST', '/validate'],
    ] as const) {
      const payload = method === 'GET' ? {} : { payload: flow() }
      matchProblem(t, await call(method, path, { key, ...payload }), 403, 'INSUFFICIENT_SCOPE')
    }
    await call('PUT', '', { payload: flow() })
    t.equal((await call('GET', '', { key: keys.other })).json().version, 0)
    const audit = await app.inject({
      url: '/api/audit-events?entityType=flow&entityId=acme',
      headers: { 'x-api-key': keys.acme },
    })
    t.match(audit.json().items, [
      { action: 'CREATED', actor: /^key:/, details: { version: 1, enabled: true } },
    ])
  },
)
