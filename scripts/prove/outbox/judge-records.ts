import { type DeliveryState, mayBecome, OPEN_STATES } from '@carteiro/contracts/delivery'
import type { Recorded } from './read-records.ts'

/** What is wrong with the records of deliveries that came to rest. Each list is empty when all is well. */
export interface RecordFaults {
  stuck: string[]
  holes: string[]
  attempts: string[]
  audit: string[]
  timeline: string[]
  events: string[]
}

/** Looks whether the records of each delivery tell its whole way, and the same one. */
export function judgeRecords(records: Recorded[]): RecordFaults {
  const faults: RecordFaults = { stuck: [], holes: [], attempts: [], audit: [], timeline: [], events: [] }
  for (const record of records) {
    const name = `${record.text} (${record.id}), ${record.history.join(' ')}`
    if (isStuck(record)) faults.stuck.push(`${name}: is ${record.state} ${record.errorCode ?? ''}`)
    if (hasHole(record)) faults.holes.push(`${name}: is ${record.state}, its message ${record.messageState}`)
    if (isMiscounted(record)) {
      faults.attempts.push(
        `${name}: ${record.attempts} counted, on record ${record.numbers}, ${record.unfinished} open`,
      )
    }
    const expected = expectedOf(record.history)
    for (const kind of ['audit', 'timeline', 'events'] as const) {
      if (same(record[kind], expected[kind])) continue
      faults[kind].push(`${name}: ${JSON.stringify(record[kind])}, not ${JSON.stringify(expected[kind])}`)
    }
  }
  return faults
}

/** What failed for another reason than its end was retried by hand: it has no reason to be FAILED. */
const isStuck = ({ state, errorCode }: Recorded): boolean =>
  OPEN_STATES.some((open) => open === state) || (state === 'FAILED' && errorCode !== 'EXPIRED')

function hasHole({ history, state, messageState }: Recorded): boolean {
  const steps = history.slice(1).every((to, index) => {
    const from = history[index]
    return from !== undefined && mayBecome(from, to)
  })
  return history[0] !== 'QUEUED' || history.at(-1) !== state || messageState !== state || !steps
}

/** A try that waited used none; every other one has its number, from 1, and its end. */
function isMiscounted({ attempts, numbers, unfinished, history }: Recorded): boolean {
  const tries = history.filter((state) => state === 'SENDING').length
  return (
    unfinished > 0 ||
    numbers.length !== attempts ||
    numbers.some((number, index) => number !== index + 1) ||
    numbers.length > tries
  )
}

/** What audit, timeline and event log must hold of a delivery with this history. */
function expectedOf(
  history: DeliveryState[],
): Record<'audit' | 'timeline' | 'events', Record<string, number>> {
  const times = (state: DeliveryState) => history.filter((one) => one === state).length
  const retries = history.filter(
    (state, index) => state === 'QUEUED' && history[index - 1] === 'FAILED',
  ).length
  const received = times('DELIVERED') + times('READ')
  return {
    audit: {
      CREATED: 1,
      SENT: times('SENT'),
      UPDATED: received + retries,
      FAILED: times('FAILED'),
      CANCELLED: times('CANCELLED'),
    },
    timeline: {
      MESSAGE_SENT: times('SENT'),
      MESSAGE_FAILED: times('FAILED'),
      MESSAGE_STATUS_UPDATE: received + retries + times('CANCELLED'),
    },
    events: Object.fromEntries(
      [...new Set(history)].map((state) => [state, times(state) - (state === 'QUEUED' ? 1 : 0)]),
    ),
  }
}

const same = (found: Record<string, number>, expected: Record<string, number>): boolean =>
  [...new Set([...Object.keys(found), ...Object.keys(expected)])].every(
    (key) => (found[key] ?? 0) === (expected[key] ?? 0),
  )
