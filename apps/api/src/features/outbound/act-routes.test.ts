import { newId } from '@carteiro/database/new-id'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { OUTBOUND_QUEUE } from '@carteiro/queue/jobs'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const URL_ = '/api/v1/outbound/messages'
const { app, domain, keys, keyWith } = await startApi(t)

const act = (id: string, name: 'retry' | 'cancel', key = keys.acme) =>
  app.inject({ method: 'POST', url: `${URL_}/${id}/${name}`, headers: { 'x-api-key': key } })

let recipients = 0
async function queue(): Promise<string> {
  const payload = { to: `+551195556${1000 + recipients++}`, text: 'Hello' }
  return (
    await app.inject({ method: 'POST', url: URL_, headers: { 'x-api-key': keys.acme }, payload })
  ).json().id
}

async function fail(): Promise<string> {
  const id = await queue()
  const claimed = await claim(domain, {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    limit: 10,
    claimSeconds: 60,
  })
  for (const delivery of claimed) {
    await settle(domain, delivery, {
      status: 'failed',
      fault: 'message',
      code: 'INVALID_TO',
      message: 'nobody',
    })
  }
  return id
}

t.test('a message that failed is queued again, and the workers are told', async (t) => {
  const id = await fail()
  await domain.queue.boss.fetch(OUTBOUND_QUEUE, { batchSize: 10 })
  const response = await act(id, 'retry')
  t.equal(response.statusCode, 200)
  t.match(response.json(), { id, status: 'QUEUED', attemptCount: 0, attempts: [{ status: 'failed' }] })
  t.match(await domain.queue.boss.fetch(OUTBOUND_QUEUE), [
    { data: { tenantId: 'acme', instanceId: 'acme-phone' } },
  ])
})

t.test('a message that waits is cancelled, once', async (t) => {
  const id = await queue()
  const response = await act(id, 'cancel')
  t.equal(response.statusCode, 200)
  t.match(response.json(), { id, status: 'CANCELLED', attempts: [] })
  const again = matchProblem(t, await act(id, 'cancel'), 409, 'IMPOSSIBLE_TRANSITION')
  t.same(again.details, { status: 'CANCELLED' })
})

t.test('an act that the state does not allow is refused, with the state', async (t) => {
  const { details, message } = matchProblem(
    t,
    await act(await queue(), 'retry'),
    409,
    'IMPOSSIBLE_TRANSITION',
  )
  t.same(details, { status: 'QUEUED' })
  t.match(message, /FAILED.*QUEUED/)
  t.same(matchProblem(t, await act(await fail(), 'cancel'), 409, 'IMPOSSIBLE_TRANSITION').details, {
    status: 'FAILED',
  })
})

t.test('what is another tenant\u2019s, or nobody\u2019s, is not there', async (t) => {
  const id = await queue()
  for (const name of ['retry', 'cancel'] as const) {
    matchProblem(t, await act(id, name, keys.other), 404, 'NOT_FOUND')
    matchProblem(t, await act(newId(), name), 404, 'NOT_FOUND')
    t.match(matchProblem(t, await act('no-uuid', name), 400, 'VALIDATION_ERROR').details, [
      { path: 'params.id' },
    ])
    matchProblem(t, await act(id, name, await keyWith('read')), 403, 'INSUFFICIENT_SCOPE')
  }
})
