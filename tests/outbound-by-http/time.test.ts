import t from 'tap'
import { startOutbound } from './start-outbound.ts'

const { broker, once, queue, read, send, setConnected } = await startOutbound(t)

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

t.test('what has not left by its end fails as EXPIRED, is never sent, and holds up nothing', async (t) => {
  const to = '+5511944610001'
  await setConnected(false)
  const id = await queue({ to, text: 'for today alone', expiresAt: inMs(3_000) })
  const behind = await queue({ to, text: 'for any day' })
  t.match(await once(id, 'FAILED'), {
    errorCode: 'EXPIRED',
    attemptCount: 0,
    attempts: [],
    nextAttemptAt: null,
  })
  await setConnected(true)
  await once(behind, 'SENT')
  t.same(broker.callsOf('for today alone'), [])
})

t.test('a scheduled message leaves at its time, and holds up nothing before it', async (t) => {
  const to = '+5511944610002'
  const scheduledAt = inMs(4_000)
  const id = await queue({ to, text: 'later', scheduledAt })
  t.match(await read(id), { status: 'QUEUED', scheduledAt, attempts: [] })
  await once(await queue({ to, text: 'at once' }), 'SENT')
  t.match(await once(id, 'SENT'), { attemptCount: 1 })
  const [call, ...others] = broker.callsOf('later')
  t.same(others, [])
  t.ok((call?.at ?? 0) >= Date.parse(scheduledAt), 'not before its time')
  t.ok((call?.at ?? 0) > (broker.callsOf('at once')[0]?.at ?? Number.NaN), 'behind what was accepted for now')
})

t.test('a time that is past, or an end before it, is refused by its field', async (t) => {
  const to = '+5511944610003'
  const refused: [object, string][] = [
    [{ scheduledAt: inMs(-60_000) }, 'body.scheduledAt'],
    [{ expiresAt: inMs(-60_000) }, 'body.expiresAt'],
    [{ scheduledAt: inMs(60_000), expiresAt: inMs(30_000) }, 'body.expiresAt'],
  ]
  for (const [fields, path] of refused) {
    const answer = await send({ to, text: 'too late', ...fields })
    t.match(answer, { status: 400, body: { error: { code: 'VALIDATION_ERROR', details: [{ path }] } } })
  }
  t.same(broker.callsOf('too late'), [])
})
