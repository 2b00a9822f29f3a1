import { newId } from '@carteiro/database/new-id'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { inboundQueue } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, domain, keys, keyWith } = await startApi(t)
const URL = '/api/v1/dead-letters'

const get = (query: Record<string, string> = {}, key = keys.acme) =>
  app.inject({ url: URL, query, headers: { 'x-api-key': key } })
const redrive = (id: string, key = keys.acme) =>
  app.inject({ method: 'POST', url: `${URL}/${id}/redrive`, headers: { 'x-api-key': key } })

const envelopes = ['1', '2', '3'].map((text) => messageEnvelope({ text }))
for (const envelope of envelopes) {
  const dead = { envelope, error: `cannot store ${envelope.id}`, attempts: 3, at: new Date().toISOString() }
  await domain.db.transaction().execute((transaction) => enqueueDead(domain.queue, transaction, dead))
}
const idsOf = (items: { envelope: { id: string } }[]) => items.map(({ envelope }) => envelope.id)

t.test('what was set aside is listed oldest first, whole, with the reason, page by page', async (t) => {
  const { items, nextCursor } = (await get()).json()
  t.same(
    idsOf(items),
    envelopes.map(({ id }) => id),
  )
  t.equal(nextCursor, null)
  t.match(items[0], {
    kind: 'message',
    instanceId: 'acme-phone',
    error: `cannot store ${envelopes[0]?.id}`,
    attempts: 3,
    envelope: { message: { text: '1' } },
  })
  const first = (await get({ limit: '2' })).json()
  const second = (await get({ limit: '2', cursor: first.nextCursor })).json()
  t.equal(second.nextCursor, null)
  const paged = [first, second].flatMap((page) => idsOf(page.items))
  t.same(paged, idsOf(items))
})

t.test('only an operator of the same tenant sees and redrives them', async (t) => {
  const [letter] = (await get()).json().items
  t.same((await get({}, keys.other)).json(), { items: [], nextCursor: null })
  matchProblem(t, await redrive(letter.id, keys.other), 404, 'NOT_FOUND')
  const reader = await keyWith('read', 'send', 'webhook', 'gateway')
  matchProblem(t, await get({}, reader), 403, 'INSUFFICIENT_SCOPE')
  matchProblem(t, await redrive(letter.id, reader), 403, 'INSUFFICIENT_SCOPE')
  t.equal((await get()).json().items.length, 3)
})

t.test('one that is redriven goes back into its chat\u2019s queue, once', async (t) => {
  const [letter] = (await get()).json().items
  const [first, second] = await Promise.all([redrive(letter.id), redrive(letter.id)])
  t.same([first.statusCode, second.statusCode].sort(), [200, 404])
  t.same(
    idsOf((await get()).json().items),
    envelopes.slice(1).map(({ id }) => id),
  )
  const queue = inboundQueue(shardOf('acme', letter.chatKey))
  const jobs = await domain.queue.boss.fetch<object>(queue, { batchSize: 9 })
  t.match(
    jobs.map(({ data }) => data),
    [{ attempt: 1, envelopes: [{ id: envelopes[0]?.id }] }],
  )
  t.equal(jobs.length, 1)
})

t.test('what is no dead letter is not redriven, what is no cursor is refused', async (t) => {
  matchProblem(t, await redrive(newId()), 404, 'NOT_FOUND')
  matchProblem(t, await redrive('nonsense'), 400, 'VALIDATION_ERROR')
  matchProblem(t, await get({ cursor: 'nonsense' }), 400, 'VALIDATION_ERROR')
})
