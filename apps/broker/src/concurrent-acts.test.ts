import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import fc from 'fast-check'
import { t, test } from 'tap'
import { startTestBroker } from './test-broker.ts'
import { linkInstance } from './test-linking.ts'

const { ask, webhook, simulator, broker } = await startTestBroker(t)
const { linking } = simulator.server

const told = (id: string) =>
  webhook.taken.flatMap(({ type, instanceId, payload }) =>
    type === 'INSTANCE_CONNECTION' && instanceId === id ? payload : [],
  )

const ACTS = ['connect', 'disconnect', 'restart', 'logOut', 'delete'] as const
type Act = (typeof ACTS)[number]

/** How an instance that was connected stands after these acts, one after the other. */
function standsAfter(acts: Act[]): { status: string; linked: boolean } | undefined {
  let status = 'running'
  let linked = true
  for (const act of acts) {
    if (act === 'delete') return undefined
    if (act === 'connect' || act === 'restart') status = 'running'
    if (act === 'disconnect' && status === 'running') status = 'disconnected'
    if (act === 'logOut') {
      status = 'logged_out'
      linked = false
    }
  }
  return { status, linked }
}

const act = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...ACTS.slice(0, 4)) }, fc.constantFrom(...ACTS))
const storms = fc.sample(fc.array(act, { minLength: 3, maxLength: 8 }), { numRuns: 8, seed: 7 })

for (const [index, acts] of storms.entries()) {
  test(`asked at once: ${acts.join(', ')}`, async (t) => {
    const id = `busy-${index}`
    await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })
    await linkInstance(id, { ask, webhook, scan: (qr) => linking.scan(`55119123430${10 + index}`, qr) })
    const results = await Promise.allSettled(acts.map(async (each) => await broker.acts[each](id)))
    const expected = standsAfter(acts)
    if (!expected) {
      t.equal((await ask('GET', `/instances/${id}`)).status, 404)
      return
    }
    t.same(
      results.filter(({ status }) => status === 'rejected'),
      [],
    )
    const { body } = await ask<BrokerInstance>('GET', `/instances/${id}`)
    if (expected.status !== 'running') t.equal(body.status, expected.status)
    else if (expected.linked) await webhook.until(() => told(id).at(-1)?.status === 'connected')
    else await webhook.until(() => told(id).at(-1)?.qrAvailable === true)
    // Two connections of one device would be the end of one of them.
    t.notOk(told(id).some(({ reason }) => reason === 'replaced'))
  })
}
