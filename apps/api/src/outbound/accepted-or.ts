import { Problem } from '@carteiro/contracts/problem'
import type { BlockedByPolicy } from '@carteiro/domain/consents/may-send'
import type { QueueMessageResult } from '@carteiro/domain/outbox/queue-message'
import { invalidBody } from './read-intent.ts'

export interface Asked {
  instanceId?: string | undefined
  /** Where the members of the intent stand in the request, such as `body.payloadJson`. */
  contentPath: string
}

/** The message that was accepted, now or before. @throws Problem when it was not, telling how to mend it */
export function acceptedOr(result: QueueMessageResult, asked: Asked): { id: string; repeated: boolean } {
  switch (result.status) {
    case 'queued':
      return { id: result.id, repeated: false }
    case 'repeated':
      return { id: result.id, repeated: true }
    case 'key_mismatch':
      throw new Problem(
        'IDEMPOTENCY_KEY_MISMATCH',
        'This idempotencyKey was used for another message; choose a new one.',
        { details: { messageId: result.id } },
      )
    case 'invalid_to':
      throw new Problem(
        'INVALID_TO',
        'to names nobody: give 8 to 15 digits with the country code, or a WhatsApp address.',
        { details: [{ path: 'body.to', message: 'is not a phone number or WhatsApp address' }] },
      )
    case 'instance_not_found':
      throw new Problem('INSTANCE_NOT_FOUND', `There is no instance ${asked.instanceId}.`, {
        details: { instanceId: asked.instanceId },
      })
    case 'instance_required':
      throw new Problem('INSTANCE_REQUIRED', instanceRequired(result.instanceIds), {
        details: { instanceIds: result.instanceIds },
      })
    case 'invalid_request':
      throw invalidBody(
        result.faults.map(({ of, path, message }) => ({
          path: `${of === 'intent' ? asked.contentPath : 'body'}.${path}`,
          message,
        })),
      )
    case 'template_not_found':
      throw templateNotFound(result)
    case 'upload_not_found':
      throw new Problem('UPLOAD_NOT_FOUND', `There is no upload ${result.uploadId}.`, {
        details: { uploadId: result.uploadId },
      })
    case 'upload_expired':
      throw new Problem(
        'UPLOAD_EXPIRED',
        'This upload was not sent in time and goes; upload the file again.',
        {
          details: { uploadId: result.uploadId },
        },
      )
    case 'upload_of_other_type':
      throw new Problem(
        'UPLOAD_OF_OTHER_TYPE',
        `This file was uploaded as ${result.type}: send it as that, or leave intent out.`,
        { details: { uploadId: result.uploadId, type: result.type } },
      )
    case 'message_not_found':
      throw new Problem('MESSAGE_NOT_FOUND', `There is no message ${result.messageId} in this chat.`, {
        details: { messageId: result.messageId, path: `${asked.contentPath}.${result.member}` },
      })
    case 'instance_disconnected':
      throw new Problem(
        'INSTANCE_DISCONNECTED',
        'The instance is not connected: connect it, then send again.',
        {
          details: { status: result.instanceStatus, connected: result.connected },
        },
      )
    case 'circuit_open':
      throw new Problem(
        'WHATSAPP_CIRCUIT_OPEN',
        'The channel of this instance failed several times and is left alone for a while; send again then.',
        { retryAfterSeconds: result.forSeconds },
      )
    case 'blocked_by_policy':
      throw new Problem('BLOCKED_BY_POLICY', blockedByPolicy(result), {
        details: { purpose: result.purpose, consent: result.consent },
      })
    default:
      return result satisfies never
  }
}

const instanceRequired = (instanceIds: string[]): string =>
  instanceIds.length === 0
    ? 'You have no instance yet: create and connect one first.'
    : 'You have several instances: name one as instanceId.'

const blockedByPolicy = ({ purpose, consent }: BlockedByPolicy): string =>
  consent === 'denied'
    ? `This contact does not want ${purpose} messages: an answer in its chat may leave for a day after it writes again; record its consent when it changes its mind.`
    : `This contact has not agreed to ${purpose} messages; record its consent first.`

function templateNotFound({
  templateCode,
  language,
  languages,
}: Extract<QueueMessageResult, { status: 'template_not_found' }>): Problem {
  const there = languages.length === 0 ? 'make it first' : `it is there in ${languages.join(', ')}`
  const asked = language === undefined ? '' : ` in ${language}`
  return new Problem('TEMPLATE_NOT_FOUND', `There is no one template ${templateCode}${asked}: ${there}.`, {
    details: { templateCode, language: language ?? null, languages },
  })
}
