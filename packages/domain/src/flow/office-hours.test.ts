import { OfficeHours } from '@carteiro/contracts/office-hours'
import t from 'tap'
import { isOpen } from './office-hours.ts'

const office = OfficeHours.parse({
  timezone: 'Asia/Dubai',
  week: [
    { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '18:00' },
    { days: ['fri'], from: '09:00', to: '12:00' },
    { days: ['fri'], from: '14:00', to: '18:00' },
    { days: ['sat'], from: '22:00', to: '02:00' },
  ],
})

/** Dubai is four hours ahead of UTC, the year round. 2026-03-02 is a Monday. */
const CASES: [at: string, open: boolean][] = [
  ['2026-03-02T04:59:59Z', false],
  ['2026-03-02T05:00:00Z', true],
  ['2026-03-02T13:59:59Z', true],
  ['2026-03-02T14:00:00Z', false],
  ['2026-03-06T07:59:00Z', true],
  ['2026-03-06T08:00:00Z', false],
  ['2026-03-06T10:00:00Z', true],
  ['2026-03-07T10:00:00Z', false],
  // Saturday night into Sunday, by the clock there.
  ['2026-03-07T18:00:00Z', true],
  ['2026-03-07T20:30:00Z', true],
  ['2026-03-07T21:59:00Z', true],
  ['2026-03-07T22:00:00Z', false],
  ['2026-03-08T18:30:00Z', false],
]

t.test('an office is open by its own clock, over midnight too', async (t) => {
  for (const [at, open] of CASES) t.equal(isOpen(office, new Date(at)), open, at)
})

t.test('the clock is put forward and back with its time zone', async (t) => {
  const rome = OfficeHours.parse({
    timezone: 'Europe/Rome',
    week: [{ days: ['sun'], from: '09:00', to: '10:00' }],
  })
  for (const [at, open] of [
    ['2026-03-22T08:30:00Z', true],
    ['2026-03-22T07:30:00Z', false],
    ['2026-03-29T07:30:00Z', true],
    ['2026-03-29T08:30:00Z', false],
  ] as const)
    t.equal(isOpen(rome, new Date(at)), open, at)
})

t.test('a range that ends where it begins is a whole day', async (t) => {
  const always = OfficeHours.parse({
    timezone: 'UTC',
    week: [{ days: ['mon'], from: '08:00', to: '08:00' }],
  })
  t.equal(isOpen(always, new Date('2026-03-02T08:00:00Z')), true)
  t.equal(isOpen(always, new Date('2026-03-03T07:59:00Z')), true)
  t.equal(isOpen(always, new Date('2026-03-03T08:00:00Z')), false)
})
