import type { ConsentStatus, Purpose } from '@carteiro/contracts/consent'
import t from 'tap'
import { allows } from './policy.ts'

t.test(
  'the newest word of a contact rules; without one, service is allowed and marketing is not',
  async (t) => {
    const strict = { service: 'granted' }
    const table: [policy: unknown, Purpose, ConsentStatus | null, allowed: boolean][] = [
      [undefined, 'service', null, true],
      [undefined, 'service', 'granted', true],
      [undefined, 'service', 'denied', false],
      [undefined, 'marketing', null, false],
      [undefined, 'marketing', 'granted', true],
      [undefined, 'marketing', 'denied', false],
      [null, 'service', null, true],
      [{}, 'service', null, true],
      [strict, 'service', null, false],
      [strict, 'service', 'granted', true],
      [strict, 'service', 'denied', false],
      [strict, 'marketing', null, false],
      [{ service: 'unless_denied' }, 'service', null, true],
    ]
    for (const [policy, purpose, status, allowed] of table) {
      t.equal(allows(policy, purpose, status), allowed, JSON.stringify([policy, purpose, status]))
    }
  },
)

t.test('a policy that cannot be read demands a consent', async (t) => {
  for (const policy of [{ service: 'maybe' }, 'granted', 7, []]) {
    t.equal(allows(policy, 'service', null), false, JSON.stringify(policy))
    t.equal(allows(policy, 'service', 'granted'), true)
  }
})
