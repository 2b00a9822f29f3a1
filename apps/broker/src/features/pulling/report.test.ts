import { Writable } from 'node:stream'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import t from 'tap'
import { createPullReport } from './report.ts'

t.test(
  'the log tells a message\u2019s way through the adapter, and a stream that ends is counted',
  async (t) => {
    const lines: Record<string, unknown>[] = []
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(JSON.parse(String(chunk)))
        done()
      },
    })
    const registry = createRegistry()
    const report = createPullReport({ logger: createLogger('broker', 'info', stream), registry })
    const offered = {
      ...{ seq: 5_679, messageId: 'msg_123', idempotencyKey: 'msg_123', instanceId: 'shop' },
      ...{ recipient: '+5511911110000', message: undefined },
    }
    report.connected(5_678, ['shop'])
    report.received(offered, true)
    report.received(offered, false)
    report.sending(offered, 1)
    report.failed(offered, { code: 'SEND_TIMEOUT', message: 'why', retriable: true }, true)
    report.sent(offered, 'whatsapp_abc')
    report.ended(new Error('cut'))
    const ids = { messageId: 'msg_123', instanceId: 'shop' }
    t.match(lines, [
      { msg: 'connected to gateway', lastEventId: 5_678 },
      { msg: 'received message', ...ids, eventId: 5_679 },
      { msg: 'received message again', ...ids, eventId: 5_679 },
      { msg: 'sending message to WhatsApp', ...ids, attempt: 1 },
      {
        msg: 'message not sent',
        ...ids,
        level: 'warn',
        code: 'SEND_TIMEOUT',
        retriable: true,
        willTry: true,
      },
      { msg: 'message sent', ...ids, externalId: 'whatsapp_abc' },
      { msg: 'the stream of messages ended, connecting again', level: 'warn' },
    ])
    t.match(await registry.metrics(), /whatsapp_gateway_reconnects_total 1/)
  },
)
