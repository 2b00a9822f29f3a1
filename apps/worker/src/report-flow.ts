import type { Turn } from '@carteiro/domain/flow/find-turns'
import type { TurnResult } from '@carteiro/domain/flow/take-turn'
import type { Logger } from '@carteiro/runtime/logger'
import { boundedLabel, Counter, type Registry } from '@carteiro/runtime/metrics'

/** Tenants name their questions: so many names are told apart. */
const MAX_QUESTIONS = 100

/** Metrics and log lines of conversations: what is said automatically, tickets that were repaired, and people who were forgotten. */
export function reportFlow(registers: Registry[], logger: Logger) {
  const questionLabel = boundedLabel(MAX_QUESTIONS)
  const replies = new Counter({
    name: 'whatsapp_flow_replies_total',
    help: 'What was said automatically, by the key of the question',
    labelNames: ['question'],
    registers,
  })
  const sanitized = new Counter({
    name: 'whatsapp_flow_sanitized_total',
    help: 'Automatic texts that a list of services was taken out of',
    registers,
  })
  const failures = new Counter({
    name: 'whatsapp_flow_failures_total',
    help: 'Messages that could not be answered automatically: a person must',
    registers,
  })
  const repairedTickets = new Counter({
    name: 'whatsapp_timeline_repaired_total',
    help: 'Tickets whose times were not those of their messages',
    registers,
  })
  const erasures = new Counter({
    name: 'whatsapp_erasures_total',
    help: 'Contacts that were forgotten',
    registers,
  })
  return {
    erased: (run: { tenantId: string; contactId: string; messages: number; events: number }) => {
      erasures.inc()
      logger.info(run, 'a contact was forgotten')
    },
    reconciled: (run: { tenantId: string; tickets: number; repaired: number }) => {
      repairedTickets.inc(run.repaired)
      logger[run.repaired > 0 ? 'warn' : 'info'](run, 'timelines reconciled')
    },
    flowTurn: (turn: Turn, { inboundMessageId, requestId, said }: TurnResult) => {
      for (const { key, dedupeKey, messageId, isSanitized, isRepeated } of said) {
        if (!isRepeated) replies.inc({ question: questionLabel(key) })
        if (isSanitized) sanitized.inc()
        const ids = { requestId, tenantId: turn.tenantId, ticketId: turn.ticketId, inboundMessageId }
        logger.info({ ...ids, messageId, dedupeKey, isSanitized, isRepeated }, 'automatic reply queued')
      }
    },
    flowFailed: (turn: Turn, error: unknown) => {
      failures.inc()
      logger.error({ ...turn, err: error }, 'a message was not answered automatically')
    },
  }
}
