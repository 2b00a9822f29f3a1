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

const idOf = ({ externalId, id, messageId, key }: Fields): string | undefined =>
  firstText(externalId, id, messageId, isFields(key) ? key.id : undefined)

const isPending = ({ status, ack }: Fields): boolean =>
  ack === PENDING ||
  status === PENDING ||
  (typeof status === 'string' && ['pending', String(PENDING)].includes(status.toLowerCase()))

const REFUSING_WORDS = ['error', 'failed', 'failure']

/**
 * The HTTP status that an answer has in its body, where it says no under a 200: `{status: 409}`, `{success: false}`,
 * `{status: "error"}`. `undefined` for one that says yes.
 */
export function refusalInBody(body: unknown): number | undefined {
  for (const { status, statusCode, success, ok } of unwrapAnswer(body)) {
    const code = [status, statusCode].find(
      (value) => typeof value === 'number' && value >= 400 && value < 600,
    )
    if (typeof code === 'number') return code
    if (success === false || ok === false) return UNTOLD
    if (typeof status === 'string' && REFUSING_WORDS.includes(status.toLowerCase())) return UNTOLD
  }
  return undefined
}

/** It says no and not why: as if the broker had failed. */
const UNTOLD = 500
