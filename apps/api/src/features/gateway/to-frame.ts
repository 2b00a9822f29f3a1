import type { Offered } from '@carteiro/domain/gateway/read-unconfirmed'
import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { idempotencyKeyOf, toPhoneIntent } from '@carteiro/domain/outbox/to-phone'

/** One server-sent event; one with a number is what `Last-Event-ID` goes on after. */
export const frameOf = (event: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** A message as adapters read it, its intent as a phone sends it; a failure for what no phone can send. */
export function toFrame(offered: Offered): string | AttemptFailed {
  const rendered = toPhoneIntent(offered)
  if ('status' in rendered) return rendered
  const { intent, ...payload } = rendered
  const { seq, id, instanceId, recipient, attempt } = offered
  const data = {
    messageId: id,
    instanceId,
    to: recipient,
    intent,
    payload,
    idempotencyKey: idempotencyKeyOf(offered),
    attempt,
  }
  return frameOf('message', data, seq)
}
