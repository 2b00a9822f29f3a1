import type { PhoneFaults, Shown } from './judge-phones.ts'
import type { RecordFaults } from './judge-records.ts'
import type { Strike } from './kill-at-random.ts'
import type { Recorded } from './read-records.ts'
import type { Written } from './write-messages.ts'

export interface Proved {
  strikes: Strike[]
  written: Written
  records: Recorded[]
  phones: Map<string, Shown[]>
  faults: PhoneFaults & RecordFaults
  /** Retried by hand after everything else had come to rest. */
  retriedAtTheEnd: number
}

const EXAMPLES = 10

/** Prints what happened, how fast it went on, and what is wrong. @returns the exit code */
export function report({ seed, kills }: { seed: number; kills: number }, proved: Proved): number {
  const { faults } = proved
  const counts = countsOf(proved)
  console.table(Object.fromEntries(Object.entries(counts).map(([what, count]) => [what, { count }])))
  console.table(recoveriesOf(proved.strikes))
  console.table(
    Object.fromEntries(Object.entries(faults).map(([promise, cases]) => [promise, { cases: cases.length }])),
  )
  for (const [promise, cases] of Object.entries(faults)) {
    for (const one of cases.slice(0, EXAMPLES)) console.log(`${promise}: ${one}`)
  }
  const recoveriesMs = proved.strikes.map(({ recoveryMs }) => recoveryMs)
  const cases = Object.fromEntries(Object.entries(faults).map(([promise, list]) => [promise, list.length]))
  if (counts.kills < kills) console.log(`Time was over before ${kills} kills were made.`)
  console.log(
    `PROVE ${JSON.stringify({
      name: 'outbox',
      seed,
      messages: counts.accepted,
      kills: counts.kills,
      ...cases,
      recoveryMs: { p50: atShare(recoveriesMs, 0.5), max: atShare(recoveriesMs, 1) },
    })}`,
  )
  return counts.kills >= kills && Object.values(faults).every((list) => list.length === 0) ? 0 : 1
}

function countsOf({ strikes, written, records, phones, retriedAtTheEnd }: Proved) {
  const inState = (...states: string[]) => records.filter(({ state }) => states.includes(state)).length
  const ever = (name: string) =>
    records.filter(({ history }) => history.some((state) => state === name)).length
  const shown = [...phones.values()].flat()
  return {
    kills: strikes.reduce((sum, { victims }) => sum + victims.length, 0),
    accepted: written.accepted.length,
    'refused, too late for their own end': written.refused.length,
    'deliveries, with those that measure': records.length,
    'SENT or further': inState('SENT', 'DELIVERED', 'READ'),
    CANCELLED: inState('CANCELLED'),
    'FAILED, EXPIRED': inState('FAILED'),
    'were FAILED once': ever('FAILED'),
    'retried by hand at once': written.accepted.filter(({ retried }) => retried).length - retriedAtTheEnd,
    'retried by hand at the end': retriedAtTheEnd,
    'scheduled and sent': written.accepted.filter(({ role }) => role === 'scheduled').length,
    'claimed more than once': records.filter(
      ({ history }) => history.filter((state) => state === 'SENDING').length > 1,
    ).length,
    'items on phones': shown.length,
    'stanzas on the wire': shown.reduce((sum, { stanzas }) => sum + stanzas, 0),
  }
}

/** Milliseconds from a death until a new message went all the way. */
function recoveriesOf(strikes: Strike[]): Record<string, { strikes: number; p50: number; max: number }> {
  const names = [...new Set(strikes.map(nameOf))].sort()
  return Object.fromEntries(
    names.map((name) => {
      const ms = strikes.filter((strike) => nameOf(strike) === name).map(({ recoveryMs }) => recoveryMs)
      return [name, { strikes: ms.length, p50: atShare(ms, 0.5), max: atShare(ms, 1) }]
    }),
  )
}

const nameOf = ({ victims }: Strike): string =>
  victims.length > 1 ? 'several, one upon the other' : victims.join()

const atShare = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
