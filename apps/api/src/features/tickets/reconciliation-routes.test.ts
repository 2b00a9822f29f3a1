import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, keys, keyWith } = await startApi(t)

const call = (method: 'GET' | 'POST', key = keys.acme) =>
  app.inject({ method, url: '/api/v1/timeline/reconciliation', headers: { 'x-api-key': key } })

t.test('an administrator asks for a comparison, and reads how it goes', async (t) => {
  t.same((await call('GET')).json(), {
    ...{ requestedAt: null, startedAt: null, finishedAt: null },
    ...{ tickets: 0, repaired: 0 },
  })
  const asked = await call('POST')
  t.equal(asked.statusCode, 202)
  t.match(asked.json(), { requestedAt: /^20/, startedAt: null })
  t.same((await call('GET')).json(), asked.json())
  t.equal((await call('GET', keys.other)).json().requestedAt, null, 'of its own tenant alone')
})

t.test('nobody else does', async (t) => {
  const key = await keyWith('read', 'send')
  for (const method of ['GET', 'POST'] as const) {
    matchProblem(t, await call(method, key), 403, 'INSUFFICIENT_SCOPE')
  }
})
