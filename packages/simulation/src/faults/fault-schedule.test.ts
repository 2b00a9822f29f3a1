import fc from 'fast-check'
import { test } from 'tap'
import { Fault } from './fault.ts'
import { createFaultSchedule, runFaultSchedule, SCHEDULED_TYPES } from './fault-schedule.ts'

const phones = ['5511999990001', '5511999990002']

test('a seed alone decides which faults strike, whom, and when', async (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, strikes) => {
      const options = { seed, strikes, length: 1_000, phones }
      const schedule = createFaultSchedule(options)
      t.strictSame(createFaultSchedule(options), schedule)
      t.equal(schedule.length, strikes)
      let last = 0
      for (const { at, fault, target } of schedule) {
        Fault.parse(fault)
        if (at < last || at >= 1_000 || !phones.includes(target.phone ?? '')) return false
        last = at
      }
      return true
    }),
    { numRuns: 50 },
  )
})

test('a long schedule has every kind of fault', async (t) => {
  const schedule = createFaultSchedule({ seed: 7, strikes: 400, length: 1_000, phones })
  const types = new Set(schedule.map(({ fault }) => fault.type))
  t.same([...types].sort(), SCHEDULED_TYPES.toSorted())
  t.not(
    JSON.stringify(createFaultSchedule({ seed: 8, strikes: 400, length: 1_000, phones })),
    JSON.stringify(schedule),
  )
})

test('a schedule strikes in its order, until it is ended', async (t) => {
  const struck: unknown[] = []
  const ending = new AbortController()
  const faults = {
    strike(fault: unknown) {
      struck.push(fault)
      if (struck.length === 3) ending.abort()
      return { fault: { type: 'cut' as const }, connections: 0 }
    },
    armed: () => [],
    end: () => false,
    endAll: () => undefined,
  }
  const schedule = createFaultSchedule({ seed: 1, strikes: 5, length: 10, phones })
  await runFaultSchedule(faults, schedule, ending.signal)
  t.same(
    struck,
    schedule.slice(0, 3).map(({ fault }) => fault),
  )
})
