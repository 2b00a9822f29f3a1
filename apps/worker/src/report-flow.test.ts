import { Writable } from 'node:stream'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import t from 'tap'
import { reportFlow } from './report-flow.ts'

t.test(
  'an automatic reply is logged with all ids that lead to it, and counted unless it was repeated',
  async (t) => {
    const lines: Record<string, unknown>[] = []
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(JSON.parse(String(chunk)))
        done()
      },
    })
    const registry = createRegistry()
    const report = reportFlow([registry], createLogger('worker', 'info', stream))
    const turn = { tenantId: 'acme', ticketId: 'ticket-1', messageId: 'message-1' }
    const said = {
      ...{ key: 'ASK_NAME', dedupeKey: 'flow:ticket-1:wamid.1:ASK_NAME', messageId: 'message-2' },
      ...{ isSanitized: true, isRepeated: false },
    }
    const result = { status: 'taken' as const, inboundMessageId: 'wamid.1', requestId: 'request-1' }
    report.flowTurn(turn, { ...result, said: [said, { ...said, isRepeated: true }] })
    report.flowFailed(turn, new Error('why'))
    const ids = {
      requestId: 'request-1',
      tenantId: 'acme',
      ticketId: 'ticket-1',
      inboundMessageId: 'wamid.1',
    }
    t.match(lines, [
      { ...ids, level: 'info', messageId: 'message-2', dedupeKey: said.dedupeKey, isSanitized: true },
      { ...ids, level: 'info', messageId: 'message-2', isRepeated: true },
      { level: 'error', messageId: 'message-1', err: { message: 'why' } },
    ])
    const metrics = await registry.metrics()
    t.match(metrics, /whatsapp_flow_replies_total\{question="ASK_NAME"\} 1/)
    t.match(metrics, /whatsapp_flow_failures_total 1/)
  },
)
