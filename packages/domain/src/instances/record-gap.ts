import type { GapEnvelope } from '@carteiro/contracts/envelope'
import { cut } from '@carteiro/contracts/storable-text'
import type { UnitOfWork } from '../events/unit-of-work.ts'

/** Tells that a broker saw less than there should have been. Brokers write times and counts in forms of their own. */
export function recordGap(
  work: UnitOfWork,
  { tenantId, instanceId, details: { from, to, expected, seen } }: GapEnvelope,
): { status: 'gap' } {
  const payload = {
    instanceId,
    from: textOf(from),
    to: textOf(to),
    expected: countOf(expected),
    seen: countOf(seen),
  }
  work.record({ tenantId, type: 'whatsapp.instance.gap', instanceId, payload })
  return { status: 'gap' }
}

const MAX_CHARACTERS = 100

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? cut(String(value), MAX_CHARACTERS) : null

function countOf(value: unknown): number | null {
  const count = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
  return Number.isSafeInteger(count) ? count : null
}
