import { type PhoneIntent, renderForPhone, renderIntent } from '@carteiro/contracts/intents/render-intent'
import { uploadIdOf, withUploadUrl } from '@carteiro/contracts/intents/with-upload-url'
import type { LinkOf } from '../uploads/link.ts'
import type { ClaimedDelivery } from './claim.ts'
import type { AttemptFailed } from './settle.ts'

/**
 * What a linked phone sends for a delivery; a failure for what none can send, however often it is tried.
 *
 * @param linkOf opens uploads to whoever sends the message; a message with one waits without it
 */
export function toPhoneIntent(
  { intent, tenantId }: Pick<ClaimedDelivery, 'intent' | 'tenantId'>,
  linkOf: LinkOf | undefined,
): PhoneIntent | AttemptFailed {
  const rendered = renderIntent(intent)
  if (rendered.intent === 'template' && rendered.rendered === undefined) return NOT_FOR_PHONES
  const phoneIntent = renderForPhone(rendered)
  const uploadId = uploadIdOf(phoneIntent)
  if (uploadId === undefined) return phoneIntent
  return linkOf ? withUploadUrl(phoneIntent, linkOf({ tenantId, uploadId })) : NO_LINKS
}

const NOT_FOR_PHONES: AttemptFailed = {
  status: 'failed',
  fault: 'message',
  code: 'UNSUPPORTED_OPERATION',
  message: 'This template was queued without its text, which a linked phone needs.',
}

const NO_LINKS: AttemptFailed = {
  status: 'failed',
  fault: 'waiting',
  code: 'NOT_CONFIGURED',
  message: 'Set UPLOAD_LINK_SECRET: links to uploads are signed with it.',
  retryAfterSeconds: 60,
}

/** The delivery's id; after an operator's retry of a definite failure it is another message to WhatsApp. */
export const idempotencyKeyOf = ({
  id,
  keyGeneration,
}: Pick<ClaimedDelivery, 'id' | 'keyGeneration'>): string =>
  keyGeneration === 0 ? id : `${id}:${keyGeneration}`
