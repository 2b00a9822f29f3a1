import type { ApiClient } from '../../stack/api-client.ts'
import { SENT_OR_FURTHER } from '../parts/sent-or-further.ts'
import type { Recorded } from './read-records.ts'
import type { AcceptedMessage, Span, Written } from './write-messages.ts'

/** What phones show against what was promised. Each list is empty when all is well. */
export interface PhoneFaults {
  lost: string[]
  duplicated: string[]
  outOfOrder: string[]
  /** Shown, although its record says that it never left. */
  sentAfterEnd: string[]
  /** The API said one thing, and the record says another. */
  broken: string[]
}

export interface Shown {
  id: string
  text: string
  stanzas: number
}

/** What each phone shows, in order. */
export async function readPhones(simulator: ApiClient, records: Recorded[]): Promise<Map<string, Shown[]>> {
  const shown = new Map<string, Shown[]>()
  for (const phone of new Set(records.map((record) => record.phone))) {
    const { body } = await simulator.get(`/customers/${phone}/messages`)
    shown.set(phone, body.items)
  }
  return shown
}

export function judgePhones(
  written: Written,
  records: Recorded[],
  phones: Map<string, Shown[]>,
): PhoneFaults {
  const faults: PhoneFaults = { lost: [], duplicated: [], outOfOrder: [], sentAfterEnd: [], broken: [] }
  for (const record of records) judgeOne(record, phones.get(record.phone) ?? [], faults)
  const byId = new Map(records.map((record) => [record.id, record]))
  judgeAnswers(written, byId, faults)
  for (const [phone, shown] of phones) {
    const known = new Set(records.filter((record) => record.phone === phone).map(({ text }) => text))
    faults.broken.push(
      ...shown.filter(({ text }) => !known.has(text)).map(({ text }) => `${text} is nobody's`),
    )
    const accepted = written.accepted.filter((message) => message.phone === phone)
    faults.outOfOrder.push(...findOvertaken(accepted, byId, shown))
  }
  return faults
}

function judgeOne(record: Recorded, shown: Shown[], faults: PhoneFaults): void {
  const { text, id, state, history } = record
  const name = `${text} (${id}), ${history.join(' ')}`
  const mine = shown.filter((one) => one.text === text)
  const left = SENT_OR_FURTHER.includes(state)
  if (mine.length > 1) faults.duplicated.push(`${name}: shown ${mine.length} times`)
  if (left && mine.length === 0) faults.lost.push(name)
  if (!left && mine.length > 0) faults.sentAfterEnd.push(`${name} ${record.errorCode ?? ''}: shown`)
  if (left && mine[0] && mine[0].id !== record.providerMessageId) {
    faults.broken.push(`${name}: the phone has ${mine[0].id}, the record ${record.providerMessageId}`)
  }
}

function judgeAnswers(written: Written, byId: Map<string, Recorded>, faults: PhoneFaults): void {
  faults.broken.push(...written.wrong)
  const texts = new Map<string, number>()
  for (const { text } of byId.values()) texts.set(text, (texts.get(text) ?? 0) + 1)
  for (const [text, times] of texts) if (times > 1) faults.duplicated.push(`${text}: ${times} deliveries`)
  for (const text of written.refused)
    if (texts.has(text)) faults.broken.push(`${text} was refused, and is there`)
  for (const { id, text, cancelled } of written.accepted) {
    const record = byId.get(id)
    if (!record) faults.lost.push(`${text} (${id}) was accepted, and is not there`)
    else if (cancelled !== (record.state === 'CANCELLED')) {
      faults.broken.push(`${text} (${id}) was ${cancelled ? '' : 'not '}cancelled, and is ${record.state}`)
    }
  }
}

/**
 * Pairs that a phone shows the wrong way round. Each message took its place in its lane at some moment; where it is
 * known which of two was first, the phone must show them so.
 */
function findOvertaken(accepted: AcceptedMessage[], byId: Map<string, Recorded>, shown: Shown[]): string[] {
  const rank = new Map(shown.map(({ text }, index) => [text, index]))
  // One that may have left before it was retried by hand may stand where it was or where it was put.
  const placed = accepted.filter(
    (one) => rank.has(one.text) && !(one.retried && byId.get(one.id)?.unclear !== false),
  )
  return placed.flatMap((first) =>
    placed
      .filter(
        (second) =>
          placeOf(first).to < placeOf(second).from &&
          (rank.get(first.text) ?? 0) > (rank.get(second.text) ?? 0),
      )
      .map((second) => `${second.text} overtook ${first.text}`),
  )
}

/** When a message took its place: at its acceptance, its time, or when it was retried. */
function placeOf({ accepted, scheduledAt, retried }: AcceptedMessage): Span {
  if (retried) return retried
  if (scheduledAt === undefined) return accepted
  return { from: Math.max(accepted.from, scheduledAt), to: Math.max(accepted.to, scheduledAt) }
}
