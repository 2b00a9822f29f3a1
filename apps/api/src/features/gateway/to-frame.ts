import type { Offered } from '@carteiro/domain/gateway/read-unconfirmed'
import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { idempotencyKeyOf, toPhoneIntent } from '@carteiro/domain/outbox/to-phone'
import type { LinkOf } from '@carteiro/domain/uploads/link'
import { frameOf } from '../../live/event-stream.ts'

/** A message as adapters read it, its intent as a phone sends it; a failure for what no phone can send. */
export function toFrame(offered: Offered, linkOf: LinkOf | undefined): string | AttemptFailed {
  const rendered = toPhoneIntent(offered, linkOf)
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
