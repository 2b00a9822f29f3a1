import type { StatusEnvelope, StatusError } from '@carteiro/contracts/envelope'
import { firstText, isObject, type JsonObject, objectOf, textOf } from '../../json/json-value.ts'
import { canonicalName } from './event-name.ts'

type Status = StatusEnvelope['status']

/** Baileys' numbers and names, and the names that brokers write. PENDING says nothing new. */
const STATUSES: Record<string, Status | 'PENDING'> = {
  ...{ 0: 'FAILED', 1: 'PENDING', 2: 'SENT', 3: 'DELIVERED', 4: 'READ', 5: 'READ' },
  ...{ ERROR: 'FAILED', FAILED: 'FAILED', PENDING: 'PENDING', QUEUED: 'PENDING' },
  ...{ SERVER_ACK: 'SENT', SENT: 'SENT', DELIVERY_ACK: 'DELIVERED', DELIVERED: 'DELIVERED' },
  ...{ READ: 'READ', PLAYED: 'READ' },
}
const MAX_NESTING = 4

/**
 * Reads a status in every form that is about: a number, numeric text, a name, or an object with `status`, `code` or
 * `value`.
 *
 * @returns `undefined` for one that says nothing new (PENDING) or that we do not know
 */
export function readStatus(given: unknown): Status | undefined {
  let value = given
  for (let nested = 0; isObject(value) && nested < MAX_NESTING; nested++) {
    const { status, code, value: inner } = value
    value = status ?? code ?? inner
  }
  const name = typeof value === 'string' ? canonicalName(value) : String(textOf(value))
  const status = Object.hasOwn(STATUSES, name) ? STATUSES[name] : undefined
  return status === 'PENDING' ? undefined : status
}

/** What went wrong, with WhatsApp's code: Baileys puts it into the stub's parameters. */
export function readStatusError(update: JsonObject): StatusError | null {
  const { messageStubParameters: parameters, errors, error } = update
  const [first, second] = Array.isArray(parameters) ? parameters.map(textOf) : []
  const told = objectOf(Array.isArray(errors) ? errors[0] : error)
  const data = objectOf(told.error_data)
  const code = firstText(first, told.code, update.errorCode, isObject(error) ? undefined : error)
  if (code === undefined) return null
  return {
    code: code.slice(0, 100),
    title: text(told.title),
    message: text(told.message ?? update.errorMessage),
    details: text(data.details ?? told.details ?? second),
  }
}

const text = (value: unknown): string | null => textOf(value)?.slice(0, 1_000).toWellFormed() ?? null
