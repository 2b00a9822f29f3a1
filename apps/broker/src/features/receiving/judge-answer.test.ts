import { test } from 'tap'
import { judgeAnswer, type Verdict, type WebhookAnswer } from './judge-answer.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const answer = (status: number, body: unknown = null, retryAfter?: string): WebhookAnswer => ({
  status,
  body,
  retryAfter,
})
const states = (verdict: Verdict) => verdict.kind === 'settled' && verdict.rows.map((row) => row?.state)

test('2xx takes every event', async (t) => {
  t.same(states(judgeAnswer(answer(202), 2, now)), ['published', 'published'])
  t.same(states(judgeAnswer(answer(204), 1, now)), ['published'])
})

test('2xx with refusals refuses those alone, and keeps why', async (t) => {
  const verdict = judgeAnswer(answer(202, { rejected: [{ index: 1, reason: 'missing_id' }] }), 3, now)
  t.same(states(verdict), ['published', 'refused', 'published'])
  t.match(verdict, { rows: [{}, { answer: { status: 202, reason: 'missing_id' } }, {}] })
})

test('422 refuses the events that it names; what it does not name keeps waiting', async (t) => {
  const body = { error: { code: 'NO_EVENT_ACCEPTED', details: [{ index: 0, reason: 'unknown_instance' }] } }
  t.same(states(judgeAnswer(answer(422, body), 2, now)), ['refused', undefined])
})

test('a batch that is refused whole is tried one by one, a single event is refused for good', async (t) => {
  for (const status of [400, 413, 422]) {
    t.same(judgeAnswer(answer(status), 2, now), { kind: 'singly' })
    t.same(states(judgeAnswer(answer(status, { error: {} }), 1, now)), ['refused'])
  }
})

test('everything else is tried again, for ever', async (t) => {
  for (const status of [302, 401, 403, 404, 408, 429, 502, 503]) {
    t.match(judgeAnswer(answer(status), 1, now), { kind: 'again', scope: 'target', reason: `http_${status}` })
  }
  t.match(judgeAnswer(answer(500), 1, now), { kind: 'again', scope: 'chat' })
})

test('Retry-After is honoured as seconds and as a date, up to five minutes', async (t) => {
  const after = (text: string) => judgeAnswer(answer(503, null, text), 1, now)
  t.match(after('7'), { afterMs: 7_000 })
  t.match(after('Thu, 01 Jan 2026 00:00:09 GMT'), { afterMs: 9_000 })
  t.match(after('86400'), { afterMs: 300_000 })
  t.notOk('afterMs' in after('soon'))
})
