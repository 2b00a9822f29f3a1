import {
  isTooDeep,
  MAX_DEPTH,
  maySpellUnstorable,
  parseJson,
  withoutUnstorable,
} from '../../json/bounded-json.ts'
import { isObject, type JsonObject } from '../../json/json-value.ts'
import { type Draft, ignored, type Outcome, type Refusal, rejected } from './draft.ts'
import { type EventAddress, readAddress } from './event-address.ts'
import { type EventName, readEventName } from './event-name.ts'
import type { IgnoreReason } from './raw/ignore-reason.ts'
import { eventsOf, withoutProxy } from './read-containers.ts'
import { readContractMessage } from './read-contract-message.ts'
import { readOwnEvent } from './read-own-event.ts'
import { readPollChoice } from './read-poll-choice.ts'
import { readUpdates } from './read-updates.ts'
import { readUpsert, type UpsertRules } from './read-upsert.ts'

export interface ParseRules extends UpsertRules {
  /** Baileys' own upserts are read. */
  rawFallback: boolean
}

export interface RejectedEvent {
  index: number
  reason: Refusal['reason'] | 'unknown_instance' | 'tenant_mismatch'
  instanceId?: string
  details?: { path: string; message: string }[]
}

export interface IgnoredEvent {
  index: number
  /** The event's name, canonical. */
  type: string
  reason: IgnoreReason
}

export interface ParsedEvent extends EventAddress {
  index: number
  draft: Draft
}

export interface ParsedWebhook {
  /** What is to be queued, once the instance is known. One event may hold several, or none. */
  events: ParsedEvent[]
  ignored: IgnoredEvent[]
  rejected: RejectedEvent[]
}

/** As many as fit into memory at once: a sender that posts more must split them. */
export const MAX_EVENTS = 10_000

/**
 * Reads a webhook's body in every container and shape that brokers send. Each event is judged alone; a bad one
 * never fails its neighbours. Pure.
 *
 * @returns why the body as a whole cannot be read, else what is in it
 */
export function parseWebhook(rawBody: Buffer, rules: ParseRules): ParsedWebhook | 'not_json' | 'too_many' {
  const text = rawBody.toString('utf8')
  const body = parseJson(text)
  if (body === undefined) return 'not_json'
  const events = eventsOf(body)
  if (events.length > MAX_EVENTS) return 'too_many'
  const parsed: ParsedWebhook = { events: [], ignored: [], rejected: [] }
  const cleaned = maySpellUnstorable(text)
  for (const [index, candidate] of events.entries()) {
    judge(candidate, { index, cleaned, rules, parsed })
    if (parsed.events.length + parsed.ignored.length + parsed.rejected.length > MAX_EVENTS) return 'too_many'
  }
  return parsed
}

interface Judging {
  index: number
  cleaned: boolean
  rules: ParseRules
  parsed: ParsedWebhook
}

function judge(candidate: unknown, { index, cleaned, rules, parsed }: Judging): void {
  if (isTooDeep(candidate)) {
    const details = [{ path: '', message: `must not be nested deeper than ${MAX_DEPTH} levels` }]
    parsed.rejected.push({ index, reason: 'invalid_contract', details })
    return
  }
  const event = withoutProxy(cleaned ? withoutUnstorable(candidate) : candidate)
  if (!isObject(event)) {
    parsed.rejected.push({ index, reason: 'invalid_contract' })
    return
  }
  const address = readAddress(event)
  const { known, written } = readEventName(event)
  for (const outcome of readEvent(event, known, rules)) {
    if (outcome.status === 'taken') parsed.events.push({ index, ...address, draft: outcome.draft })
    else if (outcome.status === 'ignored')
      parsed.ignored.push({ index, type: written, reason: outcome.reason })
    else parsed.rejected.push({ index, ...outcome.refusal })
  }
}

function readEvent(event: JsonObject, name: EventName | undefined, rules: ParseRules): Outcome[] {
  switch (name) {
    case undefined:
      return [ignored('unknown_event')]
    case 'MESSAGE':
    case 'MESSAGE_INBOUND':
    case 'MESSAGE_OUTBOUND':
      return [withPayload(event) ?? readContractMessage(event, name, rules)]
    case 'WHATSAPP_MESSAGES_UPSERT':
      return rules.rawFallback ? readUpsert(event, rules) : [ignored('fallback_off')]
    case 'WHATSAPP_MESSAGES_UPDATE':
      return readUpdates(event)
    case 'POLL_CHOICE':
      return [readPollChoice(event)]
    default:
      return [withPayload(event) ?? readOwnEvent(event, name)]
  }
}

/** A payload may be left out (the flat shapes), and is an object where it is there. */
const withPayload = ({ payload }: JsonObject): Outcome | undefined =>
  payload == null || isObject(payload)
    ? undefined
    : rejected('invalid_contract', 'payload', 'must be an object')
