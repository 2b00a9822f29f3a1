import { Problem } from '@carteiro/contracts/problem'
import t from 'tap'
import { answerWebhook } from './answer-webhook.ts'
import type { RejectedEvent } from './parse-webhook.ts'

const rejected: RejectedEvent[] = [{ index: 1, reason: 'unknown_instance', instanceId: 'nowhere' }]

t.test('what was taken is counted, and what was not says why', async (t) => {
  t.same(answerWebhook({ queued: 2, ignored: 1, rejected }), {
    accepted: true,
    queued: 2,
    ignored: 1,
    rejected,
  })
})

t.test('nothing to take is answered with nothing', async (t) => {
  t.equal(answerWebhook({ queued: 0, ignored: 0, rejected: [] }), null)
  t.equal(answerWebhook({ queued: 0, ignored: 3, rejected: [] }), null)
})

t.test('when every event was rejected, each one says why', async (t) => {
  const refuse = () => answerWebhook({ queued: 0, ignored: 0, rejected })
  t.throws(refuse, { code: 'NO_EVENT_ACCEPTED', status: 422, details: rejected })
  t.throws(refuse, Problem)
})
