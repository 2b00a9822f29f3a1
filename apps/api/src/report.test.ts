import { Writable } from 'node:stream'
import { createRegistry } from '@carteiro/runtime/metrics'
import { pino } from 'pino'
import t from 'tap'
import { createReport } from './report.ts'

t.test('ten thousand bad events write few log lines, and none that is long', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString())
      done()
    },
  })
  const registry = createRegistry()
  const report = createReport(registry, pino({ level: 'debug' }, stream))
  const rejected = Array.from({ length: 10_000 }, (_, n) => ({
    reason: 'unknown_instance',
    instanceId: `i${n}`,
  }))
  const ignored = Array.from({ length: 10_000 }, () => ({
    type: 'X'.repeat(100_000),
    reason: 'unknown_event',
  }))
  report.webhookEvents('request-1', {
    envelopes: [],
    ignored,
    rejected: [{ reason: 'provider_error', details: 'x'.repeat(100_000) } as never, ...rejected],
  })
  t.ok(lines.length > 0 && lines.length <= 40, `${lines.length} lines`)
  t.ok(lines.every((line) => line.length <= 4_096))
  const counted = await registry.getSingleMetricAsString('whatsapp_webhook_events_total')
  t.match(
    counted,
    /result="rejected",reason="unknown_instance",payload_type="other"} 10000/,
    'each is counted',
  )
  t.match(counted, /result="ignored",reason="ok",payload_type="other"} 10000/)
})
