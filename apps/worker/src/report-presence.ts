import type { ClaimedReadMark } from '@carteiro/domain/presence/claim-read-marks'
import type { ReadMarkOutcome } from '@carteiro/domain/presence/settle-read-mark'
import type { Logger } from '@carteiro/runtime/logger'
import { Counter, type Registry } from '@carteiro/runtime/metrics'

/** Metrics and log lines of what customers see of operators: that they read, that they type. */
export function reportPresence(registers: Registry[], logger: Logger) {
  const reads = new Counter({
    name: 'whatsapp_read_marks_total',
    help: 'Tries to tell WhatsApp what was read, by how they ended, and what was dropped after a day',
    labelNames: ['result'],
    registers,
  })
  const typing = new Counter({
    name: 'whatsapp_typing_shown_total',
    help: 'Times that typing was to be shown on a phone, by whether the channel took it',
    labelNames: ['result'],
    registers,
  })
  return {
    readTold: (
      { tenantId, ticketId, instanceId, messageIds }: ClaimedReadMark,
      { outcome, code }: { outcome: ReadMarkOutcome; code?: string },
    ) => {
      reads.inc({ result: outcome })
      const level = outcome === 'dropped' ? 'warn' : 'info'
      const facts = { tenantId, ticketId, instanceId, messages: messageIds.length, result: outcome, code }
      logger[level](facts, 'read messages told')
    },
    readsDropped: (count: number) => {
      if (count === 0) return
      reads.inc({ result: 'expired' }, count)
      logger.warn({ count }, 'read messages could not be told for a day')
    },
    typingShown: (isShown: boolean) => typing.inc({ result: isShown ? 'shown' : 'failed' }),
  }
}
