import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { t, test } from 'tap'
import { PROXIED_BY } from './plugins/proxy-to-holder.ts'
import { startTestBrokers, untilTrue } from './test-brokers.ts'

const CUSTOMER = '5511988887777'
const PHONES = { a: '5511911110001', b: '5511911110002', c: '5511911110003', d: '5511911110004' }

const { start, link, standing, overlaps, simulator, webhook } = await startTestBrokers(t)

type Answer = { error: { code: string; details?: unknown } }

/** Whether so many of all instances are held by each, all of them connected. */
const isShared = (now: Record<string, string>, shares: Record<string, number>) =>
  Object.entries(shares).every(
    ([holder, share]) => Object.values(now).filter((one) => one === `${holder} connected`).length === share,
  )

const first = await start('first')
for (const [id, phone] of Object.entries(PHONES)) await link(first, id, phone)
const second = await start('second')

/** An instance that this broker holds. */
async function heldBy(holder: string): Promise<string> {
  let found: string | undefined
  // What a broker knows of its own instance comes to the database, where the others see it, a moment later.
  await untilTrue(async () => {
    const now = Object.entries(await standing(first))
    found = now.find(([, one]) => one === `${holder} connected`)?.[0]
    return found !== undefined
  })
  return found ?? ''
}

test('a broker that joins gets its share, one after another, and no instance is ever open twice', async (t) => {
  await untilTrue(async () => isShared(await standing(second), { first: 2, second: 2 }))
  t.equal(simulator.server.connections().length, 4)
  t.same(overlaps, [])
  t.equal(first.leases.size, 2)
  const told = webhook.taken.filter(({ type }) => type === 'INSTANCE_CONNECTION')
  t.ok(told.some(({ payload }) => payload.status === 'disconnected'))
})

test('a request for an instance that another broker holds is answered by that one', async (t) => {
  const id = await heldBy('second')
  const body = { to: `+${CUSTOMER}`, text: 'from afar' }
  const key = { 'idempotency-key': 'afar-1', 'x-request-id': 'request-afar' }
  const sent = await first.ask<{ id: string }>('POST', `/instances/${id}/send-text`, body, key)
  t.match(sent, { status: 200, replayed: null, body: { status: 'sent' } })
  const again = await second.ask('POST', `/instances/${id}/send-text`, body, key)
  t.match(again, { status: 200, replayed: 'true', body: sent.body }, 'the key went along')

  const { body: view } = await first.ask<BrokerInstance>('GET', `/instances/${id}`)
  t.match(view, { connected: true, lease: { holder: 'second' } })
  t.ok(new Date(view.lease?.expiresAt ?? 0).getTime() > Date.now())
  const refused = await first.ask<Answer>('POST', `/instances/${id}/send-text`, { to: 'abc', text: 'x' })
  t.match(refused, { status: 422, body: { error: { code: 'INVALID_TO' } } })
  const headers = { 'x-api-key': 'another key' }
  t.equal((await first.ask('GET', `/instances/${id}`, undefined, headers)).status, 401)
})

test('a request is passed on once at most, and not at all where that is turned off', async (t) => {
  const id = await heldBy('second')
  const passed = { [PROXIED_BY]: 'third' }
  const elsewhere = await first.ask<Answer>('GET', `/instances/${id}`, undefined, passed)
  const details = { holder: 'second', address: second.address }
  t.match(elsewhere, { status: 421, body: { error: { code: 'INSTANCE_ELSEWHERE', details } } })
  t.match(await second.ask('GET', `/instances/${id}`, undefined, passed), { status: 200 })

  const quiet = await start('quiet', { BROKER_PROXY: 'off' })
  const told = await quiet.ask<Answer>('POST', `/instances/${id}/connect`)
  t.match(told, { status: 421, body: { error: { code: 'INSTANCE_ELSEWHERE', details } } })
  await quiet.stop()
  await untilTrue(async () => isShared(await standing(first), { first: 2, second: 2 }))
})

test('a broker that cannot reach PostgreSQL closes its sockets before another broker opens them', async (t) => {
  await second.relay.goAway()
  await untilTrue(async () => isShared(await standing(first), { first: 4 }))
  t.equal(second.leases.size, 0)
  t.same(overlaps, [])
  await second.relay.comeBack()
  await untilTrue(async () => isShared(await standing(first), { first: 2, second: 2 }))
  t.same(overlaps, [])
})

test('a broker that stops hands its instances over', async (t) => {
  await second.stop()
  await untilTrue(async () => isShared(await standing(first), { first: 4 }))
  t.same(overlaps, [])
  const metrics = await (await fetch(`${first.address}/metrics`)).text()
  t.match(metrics, /whatsapp_broker_leases_held 4/)
  t.match(metrics, /whatsapp_broker_lease_changes_total\{change="taken_over"\} [2-9]/)
})

test('an instance that is connected where nobody holds it is taken there, and given up when it is not wanted', async (t) => {
  t.match(await first.ask('POST', '/instances/a/disconnect'), {
    status: 200,
    body: { status: 'disconnected', lease: null },
  })
  await first.ask('POST', '/instances/a/connect')
  await untilTrue(async () => isShared(await standing(first), { first: 4 }))
})
