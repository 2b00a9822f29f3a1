import { isWell } from './come-to-rest.ts'
import type { InboundFaults } from './judge-inbound.ts'
import type { OutboundFaults } from './judge-outbound.ts'
import type { SessionFaults } from './judge-sessions.ts'
import { STRIKES, type Strike } from './strike-at-random.ts'

export type Faults = InboundFaults & OutboundFaults & SessionFaults

export interface Proved {
  faults: Faults
  strikes: Strike[]
  /** Both ways, by kind. */
  written: Record<string, number>
  queued: Record<string, number>
}

const EXAMPLES = 10

/** Prints what happened and what is wrong. @returns the exit code */
export function report(plan: { seed: number; strikes: number }, proved: Proved): number {
  const { faults, strikes } = proved
  console.table({ 'written by customers': proved.written, 'queued for them': proved.queued })
  console.table(recoveriesOf(strikes))
  const cases = Object.fromEntries(Object.entries(faults).map(([promise, list]) => [promise, list.length]))
  console.table(
    Object.fromEntries(Object.entries(cases).map(([promise, count]) => [promise, { cases: count }])),
  )
  for (const [promise, list] of Object.entries(faults)) {
    for (const one of list.slice(0, EXAMPLES)) console.log(`${promise}: ${one}`)
  }
  if (strikes.length < plan.strikes) console.log(`Time was over before ${plan.strikes} strikes were made.`)
  const recoveriesMs = strikes.flatMap(({ recoveryMs }) => recoveryMs ?? [])
  console.log(
    `PROVE ${JSON.stringify({
      name: 'session',
      seed: plan.seed,
      messages: sumOf(proved.written) + sumOf(proved.queued),
      cuts: strikes.filter(({ kind }) => kind !== 'kill').length,
      kills: strikes.filter(({ kind }) => kind === 'kill').length,
      ...cases,
      recoveryMs: { p50: atShare(recoveriesMs, 0.5), max: atShare(recoveriesMs, 1) },
    })}`,
  )
  return isWell(faults) && strikes.length >= plan.strikes ? 0 : 1
}

function recoveriesOf(strikes: Strike[]): Record<string, object> {
  return Object.fromEntries(
    STRIKES.map((kind) => {
      const made = strikes.filter((strike) => strike.kind === kind)
      const ms = made.flatMap(({ recoveryMs }) => recoveryMs ?? [])
      return [
        kind,
        { strikes: made.length, recovered: ms.length, p50: atShare(ms, 0.5), max: atShare(ms, 1) },
      ]
    }),
  )
}

const sumOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

const atShare = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
