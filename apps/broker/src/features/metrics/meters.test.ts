import { test } from 'tap'
import { Meters } from './meters.ts'

test('sends are counted by type and by how they ended, and repeated ones as neither sent nor failed', async (t) => {
  const meters = new Meters()
  meters.sent('main', 'text', 'sent', 100)
  meters.sent('main', 'text', 'pending')
  meters.sent('main', 'text', 'replayed')
  meters.sent('main', 'image', 'media_failed')
  t.match(meters.metrics('main').sent, {
    text: { sent: 1, pending: 1, replayed: 1 },
    image: { media_failed: 1 },
  })
  t.match(meters.counters('main'), { sent: 2, failed: 1 })
})

test('latencies are those of the last sends', async (t) => {
  const meters = new Meters()
  t.same(meters.metrics('main').ackLatencyMs, { count: 0, p50: null, p95: null, max: null })
  for (let ms = 1; ms <= 1_000; ms++) meters.sent('main', 'text', 'sent', ms)
  t.same(meters.metrics('main').ackLatencyMs, { count: 1_000, p50: 751, p95: 976, max: 1_000 })
})

test('an instance\u2019s counters are its own, and bounded in their names', async (t) => {
  const meters = new Meters()
  for (let index = 0; index < 100; index++) meters.reconnect('main', `reason ${index}`)
  const { reconnects } = meters.metrics('main')
  t.ok(Object.keys(reconnects).length <= 41)
  t.equal(reconnects.other, 60)
  t.same(meters.counters('other'), { sent: 0, failed: 0, received: 0, reconnects: 0, decryptFailures: 0 })
  meters.decryptFailure('main')
  meters.forget('main')
  t.equal(meters.counters('main').decryptFailures, 0)
})
