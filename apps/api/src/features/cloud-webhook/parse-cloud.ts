import type { Envelope } from '@carteiro/contracts/envelope'
import { isObject, type JsonObject } from '../../json/json-value.ts'
import { type CloudFault, toMessage } from './cloud-message.ts'
import { toStatus } from './cloud-status.ts'
import { listIn, objectIn, textIn } from './read-json.ts'

/** Whose a number is, or why its events are not taken. `undefined` asks for a change that names no number. */
export type FindNumber = (
  phoneNumberId: string | undefined,
) => { tenantId: string; instanceId: string } | CloudFault

export interface RejectedCloudEvent {
  /** Where it stands in the body. */
  path: string
  reason: CloudFault
  instanceId?: string
  /** What Meta itself says went wrong. */
  details?: JsonObject
}

export interface ParsedCloud {
  /** In the order of the body, each one once. */
  envelopes: Envelope[]
  rejected: RejectedCloudEvent[]
  /** Whether there was a message or a status at all. */
  tellsAnything: boolean
}

/** Reads Meta's body. Each change is judged alone, and in it each event: a bad one never fails its neighbours. Pure. */
export function parseCloud(
  body: unknown,
  findNumber: FindNumber,
  arrival: { receivedAt: Date; requestId: string },
): ParsedCloud {
  const envelopes = new Map<string, Envelope>()
  const parsed: ParsedCloud = { envelopes: [], rejected: [], tellsAnything: false }
  for (const { path, value } of changesOf(body)) {
    const events = eventsOf(path, value)
    if (events.length === 0) continue
    parsed.tellsAnything ||= events.some(({ kind }) => kind !== 'error')
    const number = findNumber(textIn(objectIn(value, 'metadata'), 'phone_number_id'))
    if (typeof number === 'string') {
      parsed.rejected.push({ path, reason: number })
      continue
    }
    for (const { kind, event, path: eventPath } of events) {
      const result = READERS[kind](event, value, { ...arrival, ...number })
      if (typeof result === 'object') envelopes.set(result.id, envelopes.get(result.id) ?? result)
      else
        parsed.rejected.push({ ...describe(kind, event), path: eventPath, reason: result, ...idOf(number) })
    }
  }
  parsed.envelopes = [...envelopes.values()]
  return parsed
}

const READERS = {
  message: toMessage,
  status: (status: unknown, _value: JsonObject, arrival: Parameters<typeof toStatus>[1]) =>
    toStatus(status, arrival),
  error: (): CloudFault => 'provider_error',
} as const

interface CloudEvent {
  kind: keyof typeof READERS
  event: unknown
  path: string
}

const LISTS = { messages: 'message', statuses: 'status', errors: 'error' } as const

function eventsOf(path: string, value: JsonObject): CloudEvent[] {
  return Object.entries(LISTS).flatMap(([list, kind]) =>
    listIn(value, list).map((event, index) => ({ kind, event, path: `${path}.${list}.${index}` })),
  )
}

/** Meta's ids of the numbers that a body names, as far as they can be any. */
export function numbersIn(body: unknown): string[] {
  const numbers = changesOf(body).flatMap(
    ({ value }) => textIn(objectIn(value, 'metadata'), 'phone_number_id') ?? [],
  )
  return [...new Set(numbers)].filter((number) => /^\d{1,32}$/.test(number))
}

function changesOf(body: unknown): { path: string; value: JsonObject }[] {
  if (!isObject(body)) return []
  return listIn(body, 'entry').flatMap((entry, entryIndex) =>
    isObject(entry)
      ? listIn(entry, 'changes').flatMap((change, changeIndex) =>
          isObject(change)
            ? [{ path: `entry.${entryIndex}.changes.${changeIndex}.value`, value: objectIn(change, 'value') }]
            : [],
        )
      : [],
  )
}

const idOf = ({ instanceId }: { instanceId: string }) => ({ instanceId })

function describe(kind: CloudEvent['kind'], event: unknown): { details?: JsonObject } {
  if (kind !== 'error' || !isObject(event)) return {}
  const clip = (name: string) => textIn(event, name)?.slice(0, 300)
  return { details: { code: clip('code'), title: clip('title'), message: clip('message') } }
}
