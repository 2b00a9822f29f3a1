import { failureOf } from '@carteiro/broker-client/faults'
import { Problem } from '@carteiro/contracts/problem'
import type { Dependencies } from './dependencies.ts'
import type { PulledOutcome, PulledSend } from './features/pulling/courier.ts'
import { startPulling } from './features/pulling/pull.ts'
import { readOutboundMessage } from './features/sending/read-outbound-message.ts'
import type { Sender } from './features/sending/send-message.ts'
import { toProblem } from './features/sending/to-problem.ts'
import type { StartContext } from './start-broker.ts'

/** In the mode `pull`: the gateway's messages go the way that messages of the HTTP door go, by the same sender and ledger. */
export function pullMessages(
  { connection, registry, instances, sender }: Dependencies,
  { config, logger, lifecycle }: StartContext,
): void {
  const { BROKER_MODE: mode, GATEWAY_API_BASE_URL: url, GATEWAY_API_KEY: key } = config
  if (mode === 'push' || url === undefined || key === undefined) return
  startPulling({
    config: { ...config, GATEWAY_API_BASE_URL: url, GATEWAY_API_KEY: key },
    ...{ connection, registry, logger, lifecycle },
    instances: async () => (await instances.list()).map(({ id }) => id),
    send: sendBy(sender),
  })
}

function sendBy(sender: Sender): PulledSend {
  return async ({ instanceId, idempotencyKey, message: body }) => {
    try {
      const message = readOutboundMessage(body, instanceId)
      const outcome = await sender.send({ instanceId, idempotencyKey, message })
      if (outcome.kind !== 'answered') throw toProblem(outcome, { status: 'disconnected', connected: false })
      const { status, externalId } = outcome.response
      return status === 'sent' ? { kind: 'sent', externalId } : NOT_YET
    } catch (error) {
      if (error instanceof Problem) return toFailed(error)
      throw error
    }
  }
}

/** It is out, and WhatsApp did not say that it has it: asked again under the same key, it is one message. */
const NOT_YET: PulledOutcome = {
  kind: 'failed',
  code: 'BROKER_TIMEOUT',
  message: 'WhatsApp did not acknowledge the message in time.',
  retriable: true,
}

/** Whose fault it is decides whether it is tried again, as for a broker that was called. */
function toFailed({ code, message, status }: Problem): PulledOutcome {
  const body = { error: { code, message } }
  const sorted = failureOf({ kind: 'answer', status, body, retryAfterSeconds: undefined })
  return { kind: 'failed', code: sorted.code, message, retriable: sorted.fault !== 'message' }
}
