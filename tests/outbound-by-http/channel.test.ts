import { sql } from 'kysely'
import t from 'tap'
import { refusing, sent } from './start-broker.ts'
import { startOutbound } from './start-outbound.ts'

const { api, broker, db, events, once, queue, read, setConnected } = await startOutbound(t)

const CHAT = '/api/integrations/whatsapp/instances/acme-phone/messages'
let phones = 0
const newPhone = () => `+55119444${String(++phones).padStart(5, '0')}`

t.test(
  'while its instance is disconnected a message waits without an attempt, and leaves when it is connected again',
  async (t) => {
    await setConnected(false)
    const id = await queue({ to: newPhone(), text: 'waits for the phone' })
    const chat = { to: newPhone(), payload: { intent: 'text', text: 'at once' }, idempotencyKey: 'at-once' }
    t.match(await api.post(CHAT, chat), {
      status: 409,
      body: {
        error: { code: 'INSTANCE_DISCONNECTED', details: { status: 'disconnected', connected: false } },
      },
    })
    t.match(await read(id), { status: 'QUEUED', attemptCount: 0, attempts: [] })
    await setConnected(true)
    t.match(await once(id, 'SENT'), { attemptCount: 1, attempts: [{ attemptNo: 1, status: 'sent' }] })
    t.equal(broker.callsOf('waits for the phone').length, 1)
  },
)

t.test(
  'a session that ends in the middle of a send uses no attempt, and the message follows it back',
  async (t) => {
    const text = 'the session ended'
    broker.on(text, () => refusing(409, 'INSTANCE_DISCONNECTED', { 'retry-after': '3600' }))
    const id = await queue({ to: newPhone(), text })
    t.match(await once(id, 'QUEUED'), {
      attemptCount: 0,
      errorCode: 'INSTANCE_NOT_CONNECTED',
      attempts: [{ attemptNo: 1, status: 'waiting' }],
    })
    await setConnected(false)
    broker.on(text, sent)
    await setConnected(true)
    t.match(await once(id, 'SENT'), { attemptCount: 1, attempts: [{ attemptNo: 1, status: 'sent' }] })
  },
)

t.test(
  'five failures of the channel open its circuit: clients hear it, messages wait, one tries, and all leave',
  async (t) => {
    const from = events.count()
    const failing = Array.from({ length: 5 }, (_, n) => `fails ${n}`)
    for (const text of failing) broker.on(text, () => refusing(502, 'BROKER_ERROR'))
    const failed = await Promise.all(failing.map((text) => queue({ to: newPhone(), text })))
    const opened = await events.until('whatsapp.circuit_breaker.open', undefined, from)
    t.equal(opened.instanceId, 'acme-phone')
    t.ok(Date.parse(opened.openUntil) > Date.now(), 'it tells until when')
    for (const id of failed) t.match(await read(id), { status: 'QUEUED', attemptCount: 1 })

    const waiting = await Promise.all(['one', 'two', 'three'].map((text) => queue({ to: newPhone(), text })))
    const chat = {
      to: newPhone(),
      payload: { intent: 'text', text: 'at once' },
      idempotencyKey: 'in-a-circuit',
    }
    t.match(await api.post(CHAT, chat), { status: 423, body: { error: { code: 'WHATSAPP_CIRCUIT_OPEN' } } })
    for (const id of waiting) t.match(await read(id), { status: 'QUEUED', attemptCount: 0, attempts: [] })

    await sql`update instance_circuit set open_until = now()`.execute(db)
    await events.until('whatsapp.circuit_breaker.closed', undefined, from)
    for (const id of waiting) t.match(await once(id, 'SENT'), { attemptCount: 1 })
  },
)

t.test('a restricted account (463) is never asked again for the same message', async (t) => {
  const to = newPhone()
  broker.on('to a stranger', () => refusing(423, 'ACCOUNT_RESTRICTED'))
  const id = await queue({ to, text: 'to a stranger' })
  const behind = await queue({ to, text: 'behind the stranger' })
  t.match(await once(id, 'FAILED'), {
    errorCode: 'ACCOUNT_RESTRICTED',
    nextAttemptAt: null,
    attempts: [{ attemptNo: 1, status: 'failed', nextRetryAt: null }],
  })
  await once(behind, 'SENT')
  t.match(await read(id), { status: 'FAILED', attemptCount: 1 })
  t.equal(broker.callsOf('to a stranger').length, 1)
})

t.test(
  'a channel that answers 429 is left alone for as long as it says, and no attempt is used',
  async (t) => {
    const seconds = 2
    broker.on('too fast', () => refusing(429, 'RATE_LIMITED', { 'retry-after': String(seconds) }))
    const id = await queue({ to: newPhone(), text: 'too fast' })
    const told = await once(id, 'QUEUED')
    t.match(told, { errorCode: 'RATE_LIMITED', attemptCount: 0, attempts: [{ status: 'waiting' }] })
    const [refused] = broker.callsOf('too fast')
    t.ok(Date.parse(told.nextAttemptAt) >= (refused?.at ?? Number.NaN) + seconds * 1_000)

    broker.on('too fast', sent)
    const other = await queue({ to: newPhone(), text: 'of the same instance' })
    await once(other, 'SENT')
    t.match(await once(id, 'SENT'), { attemptCount: 1 })
    for (const { at } of [
      ...broker.callsOf('too fast').slice(1),
      ...broker.callsOf('of the same instance'),
    ]) {
      t.ok(at >= (refused?.at ?? Number.NaN) + seconds * 1_000, 'nothing of the instance leaves before')
    }
  },
)
