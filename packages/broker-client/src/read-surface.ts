import type { CheckedRecipient, CheckedRecipients } from '@carteiro/contracts/broker-exists'
import type { BrokerGroup } from '@carteiro/contracts/broker-groups'
import { type Fields, firstText, isFields, unwrapAnswer } from './unwrap-answer.ts'

/** Where brokers in the field put a list. */
const LISTS = ['results', 'groups', 'data', 'result', 'payload', 'response', 'items']
const MAX_DEPTH = 4

/** The first list in an answer, however it is wrapped; `undefined` when there is none. */
function listIn(body: unknown, depth = 0): unknown[] | undefined {
  if (Array.isArray(body)) return body
  if (!isFields(body) || depth === MAX_DEPTH) return undefined
  const inside = LISTS.map((name) => listIn(body[name], depth + 1))
  return inside.find((list) => list !== undefined)
}

/** The text to make a QR code of, and until when it is shown where the broker says so. */
export function readQr(body: unknown): { qr: string; expiresAt: string | null } | undefined {
  for (const answer of unwrapAnswer(body)) {
    const qr = firstText(answer.qr, answer.qrCode, answer.qrcode, answer.code)
    if (qr !== undefined) return { qr, expiresAt: readTime(answer.expiresAt) }
  }
  return undefined
}

/** A code to type on a phone. */
export function readPairingCode(
  body: unknown,
): { pairingCode: string; expiresAt: string | null } | undefined {
  for (const answer of unwrapAnswer(body)) {
    const pairingCode = firstText(answer.pairingCode, answer.code)
    if (pairingCode !== undefined) return { pairingCode, expiresAt: readTime(answer.expiresAt) }
  }
  return undefined
}

function readTime(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

/**
 * What a broker says of recipients: a list, or the facts of one. Each keeps the place in which it was asked for.
 *
 * @param asked as they were written
 */
export function readExists(body: unknown, asked: string[]): CheckedRecipients | undefined {
  const inList = tellsExistence(listIn(body)?.filter(isFields) ?? [])
  const told = inList.length > 0 ? inList : tellsExistence(unwrapAnswer(body))
  const results = asked.map((input, index) => {
    const row = told.find((each) => each.input === input) ?? told[index]
    return row && readRecipient(row, input)
  })
  const whole = results.filter((result) => result !== undefined)
  const [first] = whole
  if (!first || whole.length < asked.length) return undefined
  const { input: _input, ...facts } = first
  return { ...facts, results: whole }
}

const tellsExistence = (rows: Fields[]): Fields[] => rows.filter(({ exists }) => typeof exists === 'boolean')

const REASONS = ['invalid_to', 'not_on_whatsapp', 'not_a_member', 'only_admins_write'] as const

function readRecipient(row: Fields, input: string): CheckedRecipient {
  const exists = row.exists === true
  const canReceive = typeof row.canReceive === 'boolean' ? row.canReceive : exists
  const reason = REASONS.find((each) => each === row.reason)
  const lid = firstText(row.lid)
  return {
    ...{ input, exists, canReceive, jid: firstText(row.jid) ?? null },
    ...(canReceive ? {} : { reason: reason ?? 'not_on_whatsapp' }),
    ...(lid === undefined ? {} : { lid }),
  }
}

/** The groups of an instance; what a broker does not say of one is taken for the least. */
export function readGroups(body: unknown): BrokerGroup[] | undefined {
  return listIn(body)?.flatMap((group) => {
    if (!isFields(group)) return []
    const id = firstText(group.id, group.jid)
    if (id === undefined) return []
    const members = Array.isArray(group.participants) ? group.participants.length : 0
    const size = typeof group.size === 'number' ? group.size : members
    return [
      { id, subject: firstText(group.subject, group.name) ?? '', size, isAdmin: group.isAdmin === true },
    ]
  })
}

/** Whatever a broker counts; ours says more than the others. */
export function readMetrics(body: unknown): Fields | undefined {
  return unwrapAnswer(body).find((answer) => Object.keys(answer).length > 0)
}
