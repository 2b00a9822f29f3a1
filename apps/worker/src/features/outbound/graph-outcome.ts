import type { AttemptFailed, AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { wasNeverSent } from '@carteiro/runtime/never-sent'
import { z } from 'zod'
import { parseJson } from '../../graph/graph-client.ts'
import { type GraphFault, type GraphRefusal, readGraphFault } from '../../graph/graph-error.ts'
import { MENDED_BY_PERSON_SECONDS } from './waiting-outcome.ts'

const Sent = z.object({
  messages: z.array(z.object({ id: z.string().min(1), message_status: z.string().optional() })).min(1),
  contacts: z
    .array(z.object({ wa_id: z.string().optional() }))
    .optional()
    .catch(undefined),
})

/** Waits for limits that are known to last: one message in 6 s to one person; a number that was reported as spam. */
const RATE_SECONDS: Record<string, number> = { PAIR_RATE_LIMITED: 6, SPAM_RATE_LIMITED: 900 }
/** A proxy on the way gave up: what Meta did with the request nobody knows. */
const GATEWAY_STATUSES = new Set([408, 502, 504])

/** How an attempt ended, by Meta's answer to the message. */
export function readSendAnswer(answer: GraphRefusal): AttemptOutcome {
  if (answer.status >= 200 && answer.status < 300) {
    const sent = Sent.safeParse(parseJson(answer.text))
    const [message] = sent.success ? sent.data.messages : []
    if (!message) return outcomeUnknown('Meta\u2019s answer cannot be read: it may have been sent.')
    return { status: 'sent', providerMessageId: message.id, response: sent.data }
  }
  const fault = readGraphFault(answer)
  if (!fault.error && GATEWAY_STATUSES.has(answer.status)) {
    return outcomeUnknown(`The answer was ${answer.status}: it may have been sent.`)
  }
  return toFailure(fault, answer.status)
}

/** A refusal, whatever was asked: whose fault it is, and what follows. */
export function toFailure(
  { kind, code, retryAfterSeconds, error }: GraphFault,
  status: number,
): AttemptFailed {
  const message = error
    ? `${error.error_data?.details ?? error.message ?? 'Meta refused it'} (${error.code})`
    : ''
  const failed = {
    status: 'failed' as const,
    code,
    message: message || `Meta answered ${status}.`,
    retryAfterSeconds,
    response: error ?? { status },
  }
  switch (kind) {
    case 'rate':
      return { ...failed, fault: 'waiting', retryAfterSeconds: retryAfterSeconds ?? RATE_SECONDS[code] }
    case 'unavailable':
      return { ...failed, fault: 'channel' }
    case 'account':
    case 'missing':
      return {
        ...failed,
        fault: 'channel',
        next: 'wait',
        retryAfterSeconds: Math.max(retryAfterSeconds ?? 0, MENDED_BY_PERSON_SECONDS),
      }
    case 'file':
    case 'message':
    case 'other':
      return { ...failed, fault: 'message' }
    default:
      return kind satisfies never
  }
}

/** There was no answer. Meta takes no key that would make a repetition harmless, so a person or a receipt decides. */
export function readSendError(error: unknown): AttemptFailed {
  if (wasNeverSent(error)) return unreachable()
  return outcomeUnknown('Meta did not answer: it may have been sent.')
}

/** Nothing can have been read by Meta: it waits. */
export const unreachable = (): AttemptFailed => ({
  status: 'failed',
  fault: 'waiting',
  code: 'GRAPH_UNREACHABLE',
  message: 'Meta\u2019s Graph API cannot be reached.',
})

const outcomeUnknown = (message: string): AttemptFailed => ({
  status: 'failed',
  fault: 'unknown',
  next: 'fail',
  code: 'OUTCOME_UNKNOWN',
  message,
})
