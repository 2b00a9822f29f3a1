import { setTimeout as sleep } from 'node:timers/promises'
import { chance } from './chance.ts'
import type { Faults } from './create-faults.ts'
import type { FaultInput, FaultTarget, FaultType } from './fault.ts'

/** A fault and when it strikes. */
export interface ScheduledFault {
  /** From the start, in the unit of the schedule's length. */
  at: number
  fault: FaultInput
  target: FaultTarget
}

export interface ScheduleOptions {
  /** The same seed makes the same schedule. */
  seed: number
  /** How many faults. */
  strikes: number
  /** Over how many milliseconds, messages, or whatever the caller counts. */
  length: number
  /** Accounts that are struck; every client at once when there are none. */
  phones: string[]
  /** Those that a client comes back from without help, when left out. */
  types?: ScheduledType[]
}

/** Random faults that the seed alone decides, ordered by time. */
export function createFaultSchedule(options: ScheduleOptions): ScheduledFault[] {
  const { seed, strikes, length, phones, types = SCHEDULED_TYPES } = options
  const pick = <Item>(items: readonly Item[], label: string): Item | undefined =>
    items[Math.floor(chance(seed, label) * items.length)]
  return Array.from({ length: strikes }, (_, index) => {
    const type = pick(types, `type ${index}`)
    const phone = pick(phones, `phone ${index}`)
    const make = type ? MAKERS[type] : MAKERS.cut
    return {
      at: Math.floor(chance(seed, `at ${index}`) * length),
      fault: make((label) => chance(seed, `${label} ${index}`)),
      target: phone === undefined ? {} : { phone },
    }
  }).sort((one, other) => one.at - other.at)
}

/** Strikes as scheduled, in milliseconds. @param signal ends it early; the promise resolves then too */
export async function runFaultSchedule(
  faults: Faults,
  schedule: ScheduledFault[],
  signal?: AbortSignal,
): Promise<void> {
  let now = 0
  for (const { at, fault, target } of schedule) {
    await sleep(at - now, undefined, { signal }).catch(() => undefined)
    if (signal?.aborted) return
    now = at
    faults.strike(fault, target)
  }
}

type Dice = (label: string) => number

const upTo = (limit: number, chosen: number) => 1 + Math.floor(chosen * limit)
const oneOf = <Item>(first: Item, others: Item[], chosen: number): Item =>
  [first, ...others][Math.floor(chosen * (others.length + 1))] ?? first

const MAKERS = {
  cut: () => ({ type: 'cut' }),
  'half-open': () => ({ type: 'half-open' }),
  'stream-error': (dice) => ({
    type: 'stream-error',
    code: oneOf(428, [401, 403, 408, 411, 440, 500, 503, 515] as const, dice('code')),
  }),
  restart: (dice) => ({ type: 'restart', ms: upTo(200, dice('ms')) }),
  'slow-reader': (dice) => ({ type: 'slow-reader', ms: upTo(300, dice('ms')) }),
  'truncated-frame': () => ({ type: 'truncated-frame' }),
  'bad-mac': () => ({ type: 'bad-mac' }),
  duplicate: (dice) => ({ type: 'duplicate', times: upTo(5, dice('times')) }),
  'shuffled-offline': (dice) => ({ type: 'shuffled-offline', seed: upTo(1_000, dice('seed')) }),
  'late-ack': (dice) => ({ type: 'late-ack', times: upTo(3, dice('times')), ms: upTo(1_000, dice('ms')) }),
  'lost-ack': () => ({ type: 'lost-ack' }),
  nack: (dice) => ({ type: 'nack', code: oneOf(429, [463, 479, 500], dice('code')) }),
  'refused-login': (dice) => ({ type: 'refused-login', code: oneOf(503, [500], dice('code')) }),
} satisfies Partial<Record<FaultType, (dice: Dice) => FaultInput>>

export type ScheduledType = keyof typeof MAKERS
export const SCHEDULED_TYPES: readonly ScheduledType[] = [
  'cut',
  'half-open',
  'stream-error',
  'restart',
  'slow-reader',
  'truncated-frame',
  'bad-mac',
  'duplicate',
  'shuffled-offline',
  'late-ack',
  'lost-ack',
  'nack',
  'refused-login',
]
