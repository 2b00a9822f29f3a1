import { Problem } from '@carteiro/contracts/problem'
import type { SendOutcome } from './send-outcome.ts'

export type FailedSend = Exclude<SendOutcome, { kind: 'answered' }>

/** A send that was not made, as the answer the caller gets. */
export function toProblem(outcome: FailedSend, connection: { status: string; connected: boolean }): Problem {
  switch (outcome.kind) {
    case 'invalid_to':
      return new Problem('INVALID_TO', 'The recipient is no phone number, user, LID or group.')
    case 'not_on_whatsapp':
      return new Problem(
        'RECIPIENT_NOT_ON_WHATSAPP',
        'The recipient is not on WhatsApp, or is a group that the instance is no member of.',
      )
    case 'untold':
      return outcome.problem
    case 'busy':
      return new Problem('RATE_LIMITED', 'Too many messages of this instance wait to be sent.', {
        retryAfterSeconds: 2,
      })
    case 'key_mismatch':
      return new Problem('IDEMPOTENCY_KEY_MISMATCH', 'This Idempotency-Key was used for another message.')
    case 'disconnected':
      return new Problem('INSTANCE_DISCONNECTED', 'The instance is not connected to WhatsApp.', {
        details: connection,
      })
    case 'media_failed':
      return outcome.problem
    case 'not_prepared':
      return new Problem(
        'BROKER_ERROR',
        'WhatsApp did not take the file; nothing was sent. Repeat the request.',
      )
    case 'refused':
      return refusal(outcome.code)
    case 'failed':
      return new Problem(
        'BROKER_ERROR',
        'The message could not be handed to WhatsApp; repeat it with its key.',
      )
    case 'timeout':
      return new Problem('SEND_TIMEOUT', 'The send took too long; repeat it with its key to learn its end.')
    case 'stopping':
      return new Problem('SHUTTING_DOWN', 'This broker is stopping; repeat the request.', {
        retryAfterSeconds: 1,
      })
    default:
      return outcome satisfies never
  }
}

/** The codes of WhatsApp's own refusals: 463 is a restriction on new chats. */
function refusal(code: string): Problem {
  const details = { whatsappError: code }
  if (code === '463') {
    return new Problem('ACCOUNT_RESTRICTED', 'WhatsApp restricts this account: it may not open new chats.', {
      details,
    })
  }
  if (code === '429') {
    return new Problem('RATE_LIMITED', 'WhatsApp asks this account to send less.', {
      details,
      retryAfterSeconds: 60,
    })
  }
  return new Problem('BROKER_ERROR', `WhatsApp refused the message with error ${code}.`, { details })
}
