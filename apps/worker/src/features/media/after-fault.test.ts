import t from 'tap'
import { afterFault } from './after-fault.ts'
import { MediaFetchError } from './media-fetcher.ts'

const fault = (code: string, retriable = true, retryAfterSeconds?: number) =>
  new MediaFetchError({ code, retriable, retryAfterSeconds })
const after = (error: unknown, { attempt = 1, expired = false } = {}) =>
  afterFault(error, { attempt, expired }, 5)

t.test('the waits double from a minute, and after five tries it has failed', async (t) => {
  for (const [attempt, seconds] of [60, 120, 240, 480].entries()) {
    const then = after(fault('INTERRUPTED'), { attempt: attempt + 1 })
    t.match(then, { status: 'later', code: 'INTERRUPTED', usesAttempt: true })
    if (then.status !== 'later') throw new Error('it is not tried again')
    t.ok(Math.abs(then.afterSeconds - seconds) <= seconds / 10, `${then.afterSeconds} is about ${seconds}`)
  }
  t.same(after(fault('INTERRUPTED'), { attempt: 5 }), { status: 'failed', reason: 'interrupted' })
})

t.test('no wait is longer than half an hour, unless the transport asks for it', async (t) => {
  const many = afterFault(fault('X'), { attempt: 40, expired: false }, 50)
  t.ok(many.status === 'later' && many.afterSeconds <= 1_980)
  t.match(after(fault('X', true, 7_200)), { status: 'later', afterSeconds: 7_200 })
  t.match(after(fault('X', true, 1e9)), { status: 'later', afterSeconds: 86_400 })
})

t.test('what cannot come has failed at once, and says why', async (t) => {
  const faults: [unknown, string][] = [
    [fault('MEDIA_GONE', false), 'media_gone'],
    [fault('MEDIA_NOT_FOUND'), 'media_gone'],
    [fault('MEDIA_TOO_LARGE', false), 'too_large'],
    [Object.assign(new Error('from the storage'), { code: 'MEDIA_TOO_LARGE' }), 'too_large'],
    [fault('MESSAGE_WITHOUT_MEDIA', false), 'message_without_media'],
  ]
  for (const [error, reason] of faults) t.same(after(error), { status: 'failed', reason })
})

t.test('nobody there to give it or to keep it: that is waited for, and uses no attempt', async (t) => {
  const away = ['INSTANCE_DISCONNECTED', 'BROKER_UNREACHABLE'].map((code) => fault(code))
  const token = fault('TOKEN_INVALID', false)
  for (const error of [...away, token, new Error('the disk is full')]) {
    t.match(after(error, { attempt: 5 }), { status: 'later', afterSeconds: 60, usesAttempt: false })
    t.same(after(error, { expired: true }), { status: 'failed', reason: 'expired' })
  }
})
