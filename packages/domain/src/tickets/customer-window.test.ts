import t from 'tap'
import { customerWindow } from './customer-window.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const CASES: [lastInboundAt: string | null, isOpen: boolean, expiresAt: string | null][] = [
  [null, false, null],
  ['2026-03-02T09:59:59.000Z', true, '2026-03-03T09:59:59.000Z'],
  ['2026-03-01T10:00:00.001Z', true, '2026-03-02T10:00:00.001Z'],
  ['2026-03-01T10:00:00.000Z', false, '2026-03-02T10:00:00.000Z'],
  ['2024-05-02T13:05:00.000Z', false, '2024-05-03T13:05:00.000Z'],
  ['2099-01-01T00:00:00.000Z', true, '2026-03-03T10:00:00.000Z'],
]

t.test('a customer who wrote may be answered for a day', async (t) => {
  for (const [at, isOpen, expiresAt] of CASES) {
    t.same(customerWindow(at === null ? null : new Date(at), NOW), { isOpen, expiresAt }, String(at))
  }
})
