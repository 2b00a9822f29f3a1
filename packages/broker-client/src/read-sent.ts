import { type Fields, firstText, isFields, unwrapAnswer } from './unwrap-answer.ts'

/** Baileys' word for a message that is on its way. */
const PENDING = 1

/**
 * Reads what a broker answered to a send, in every shape of the field: WhatsApp's id (externalId, else id, messageId,
 * key.id, else the id that we asked with) and whether WhatsApp's server has acknowledged it. Only an explicit `pending`
 * (ack or status 1) is not yet sent.
 */
export function readSent(
  body: unknown,
  fallbackId: string,
): { status: 'sent' | 'pending'; providerMessageId: string } {
  const answers = unwrapAnswer(body)
  const id = answers.map(idOf).find((found) => found !== undefined)
  return {
    status: answers.some(isPending) ? 'pending' : 'sent',
    providerMessageId: id ?? fallbackId,
  }
}

/** An id may be an object that has it, as a key has. */
const idOf = ({ externalId, id, messageId, key }: Fields): string | undefined =>
  firstText(externalId, isFields(id) ? id.id : id, messageId, isFields(key) ? key.id : undefined)

const isPending = ({ status, ack }: Fields): boolean =>
  ack === PENDING ||
  status === PENDING ||
  (typeof status === 'string' && ['pending', String(PENDING)].includes(status.toLowerCase()))

const REFUSING_WORDS = ['error', 'failed', 'failure']

/**
 * The HTTP status that an answer has in its body, where it says no under a 200: `{status: 409}`, `{success: false}`,
 * `{status: "error"}`, `{error: "text"}`. `undefined` for one that says yes.
 */
export function refusalInBody(body: unknown): number | undefined {
  for (const { status, statusCode, success, ok, error } of unwrapAnswer(body)) {
    const code = [status, statusCode].map(toNumber).find((value) => value >= 400 && value < 600)
    if (code !== undefined) return code
    if ((typeof error === 'string' && error !== '') || isFields(error)) return UNTOLD
    if (success === false || ok === false) return UNTOLD
    if (typeof status === 'string' && REFUSING_WORDS.includes(status.toLowerCase())) return UNTOLD
  }
  return undefined
}

/** Of a status that is a number, or text that spells one. */
const toNumber = (status: unknown): number =>
  typeof status === 'number' || (typeof status === 'string' && /^\d{3}$/.test(status)) ? Number(status) : 0

/** It says no and not why: as if the broker had failed. */
const UNTOLD = 500
