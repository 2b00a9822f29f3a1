import { failureOf } from '@carteiro/broker-client/faults'
import { DeliveryState } from '@carteiro/contracts/delivery'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { StorableText } from '@carteiro/contracts/storable-text'
import { ackOffer } from '@carteiro/domain/gateway/ack-offer'
import { confirmOffer } from '@carteiro/domain/gateway/confirm-offer'
import { failOffer } from '@carteiro/domain/gateway/fail-offer'
import type { Impossible, OfferKey, OfferResult } from '@carteiro/domain/gateway/find-offer'
import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { StreamNeeds } from './stream.ts'

const byId = z.object({ messageId: z.uuid() })
const Reported = z.object({ messageId: z.string(), status: DeliveryState })
const answers = { 200: Reported, 404: ProblemBody, 409: ProblemBody }

const Confirm = z.object({
  externalId: StorableText.min(1).max(256).describe('WhatsApp\u2019s id of the message'),
  timestamp: z.iso.datetime({ offset: true }).optional().describe('when WhatsApp had it'),
})
const Fail = z.object({
  reason: StorableText.min(1).max(1_000),
  code: StorableText.min(1).max(100).optional(),
  retriable: z.boolean().describe('whether the message may be offered again later'),
})

/** What adapters report of messages. Each may be repeated: the second time changes nothing. */
export function reportRoutes(app: HttpServer, dependencies: StreamNeeds): void {
  const { config, report } = dependencies
  const onRequest = app.authenticate('gateway')

  /** @throws Problem */
  const answer = (act: string, { tenantId, id }: OfferKey, result: OfferResult) => {
    const refusal = refusalOf(act, id, result)
    if (refusal) throw refusal
    report.reported({ tenantId, messageId: id, act })
    return { messageId: id, status: result.status === 'done' ? result.state : ('SENDING' as const) }
  }

  app.post(
    '/messages/:messageId/ack',
    {
      onRequest,
      schema: {
        tags: ['gateway'],
        summary: 'You have the message, and answer for it; repeated, you keep it longer',
        params: byId,
        response: answers,
      },
    },
    async ({ actor: { tenantId, keyId }, params: { messageId: id } }) => {
      const key = { tenantId, keyId, id }
      const claimSeconds = config.OUTBOX_CLAIM_SECONDS
      return answer('acknowledged', key, await ackOffer(dependencies, { ...key, claimSeconds }))
    },
  )

  app.post(
    '/messages/:messageId/confirm',
    {
      onRequest,
      schema: {
        tags: ['gateway'],
        summary: 'WhatsApp has the message',
        params: byId,
        body: Confirm,
        response: answers,
      },
    },
    async ({ actor: { tenantId, keyId }, params: { messageId: id }, body: { externalId, timestamp } }) => {
      const key = { tenantId, keyId, id }
      const at = timestamp === undefined ? new Date() : new Date(timestamp)
      return answer('confirmed', key, await confirmOffer(dependencies, { ...key, externalId, at }))
    },
  )

  app.post(
    '/messages/:messageId/fail',
    {
      onRequest,
      schema: {
        tags: ['gateway'],
        summary: 'The message could not be sent',
        params: byId,
        body: Fail,
        response: answers,
      },
    },
    async ({ actor: { tenantId, keyId }, params: { messageId: id }, body }) => {
      const key = { tenantId, keyId, id }
      return answer('failed', key, await failOffer(dependencies, { ...key, failure: toFailure(body) }))
    },
  )
}

/** What an adapter says of a failure, sorted as what a broker answers; whether it is tried again is the adapter's word. */
function toFailure({ reason, code, retriable }: z.infer<typeof Fail>): AttemptFailed {
  const body = { error: { code: code ?? 'UNKNOWN_ERROR', message: reason } }
  const sorted = failureOf({ kind: 'answer', status: 500, body, retryAfterSeconds: undefined })
  const { code: canonical, message } = sorted
  const fault = sorted.fault === 'message' ? 'channel' : sorted.fault
  return {
    status: 'failed',
    fault: retriable ? fault : 'message',
    code: canonical,
    message,
    response: { reason, code },
  }
}

const WHY: Record<Impossible, string> = {
  not_offered: 'It was not offered to an adapter.',
  not_acked: 'Acknowledge the message first, then report what became of it.',
  offered_to_another: 'It was offered to another adapter meanwhile, which answers for it.',
  claim_ended: 'It was not acknowledged in time, so it is offered again; report then.',
  settled: 'Nothing can be reported of it any more.',
  external_id_taken: 'Another message has this externalId: send WhatsApp\u2019s own id of this one.',
}

function refusalOf(act: string, id: string, result: OfferResult): Problem | undefined {
  switch (result.status) {
    case 'done':
      return undefined
    case 'not_found':
      return new Problem('MESSAGE_NOT_FOUND', `There is no message ${id}.`)
    case 'impossible': {
      const { state, reason } = result
      const message = `A message that is ${state} cannot be ${act}. ${WHY[reason]}`
      return new Problem('IMPOSSIBLE_TRANSITION', message, { details: { status: state, reason } })
    }
    default:
      return result satisfies never
  }
}
