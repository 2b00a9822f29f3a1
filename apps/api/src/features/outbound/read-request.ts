import type { CreateOutboundMessage } from '@carteiro/contracts/create-outbound-message'
import type { OutboundRequest } from '@carteiro/domain/outbox/queue-message'
import type { AllowedHosts } from '@carteiro/runtime/media-url'
import { isObject, type JsonObject } from '../../json/json-value.ts'
import { type BodyFault, invalidBody, readIntent } from '../../outbound/read-intent.ts'

/** A body, read: what the outbox needs of it, and where its content stands. */
export interface ReadRequest {
  request: Omit<OutboundRequest, 'tenantId' | 'maxAttempts' | 'actor' | 'requestId'>
  contentPath: string
}

/**
 * Reads the body of a send: its content stands in `payloadJson`, or flat beside the other members, never in both.
 * Pure.
 *
 * @throws Problem as `readIntent` does
 */
export function readRequest(body: CreateOutboundMessage, allowedHosts: AllowedHosts): ReadRequest {
  const { channel: _channel, instanceId, to, idempotencyKey, dossierId, ...more } = body
  const { subject, purpose, priority, scheduledAt, expiresAt, ...content } = more
  const { members, contentPath } = findContent(content)
  const intent = readIntent(members, contentPath, allowedHosts)
  return {
    request: {
      ...{ instanceId, to, idempotencyKey, dossierId, subject, purpose, priority, intent },
      scheduledAt: toDate(scheduledAt),
      expiresAt: toDate(expiresAt),
      templateCode: intent.intent === 'template' ? intent.templateCode : body.templateCode,
    },
    contentPath,
  }
}

const toDate = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text)

type Content = Pick<CreateOutboundMessage, 'intent' | 'templateCode' | 'payloadJson'> & JsonObject

function findContent({ intent, templateCode, payloadJson, ...flat }: Content): {
  members: JsonObject
  contentPath: string
} {
  const [members, contentPath] = payloadJson ? [payloadJson, 'body.payloadJson'] : [flat, 'body']
  const beside = payloadJson ? Object.keys(flat) : []
  const faults: BodyFault[] = [
    ...beside.map((key) => ({ path: `body.${key}`, message: 'belongs into payloadJson, which is there' })),
    ...differing('intent', intent, payloadJson),
    ...differing('templateCode', templateCode, payloadJson),
  ]
  if (faults.length > 0) throw invalidBody(faults)
  const named = intent ?? members.intent
  return {
    members: {
      ...members,
      ...(named === undefined ? {} : { intent: named }),
      // Of another intent it is kept with the message, and is no part of it.
      ...(templateCode === undefined || (named ?? 'template') !== 'template' ? {} : { templateCode }),
    },
    contentPath,
  }
}

/** What stands at the top may be said in `payloadJson` again, not otherwise. */
function differing(member: string, top: unknown, payloadJson: unknown): BodyFault[] {
  const inner = isObject(payloadJson) ? payloadJson[member] : undefined
  if (top === undefined || inner === undefined || top === inner) return []
  return [{ path: `body.payloadJson.${member}`, message: `is another one than body.${member}` }]
}
