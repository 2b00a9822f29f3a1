import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { linkInstance } from './test-linking.ts'

const { ask, webhook, simulator, database } = await startTestBroker(t)
const { linking } = simulator.server

const told = (id: string) =>
  webhook.taken.filter(({ type, instanceId }) => type === 'INSTANCE_CONNECTION' && instanceId === id)
const stands = (id: string) => told(id).at(-1)?.payload
const show = (id: string) =>
  told(id).map(({ payload }) => [payload.status, payload.reason, payload.qrAvailable])

/** An instance of its own phone, connected. */
async function link(id: string, phone: string): Promise<void> {
  await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })
  await linkInstance(id, { ask, webhook, scan: (qr) => linking.scan(phone, qr) })
}

/** WhatsApp ends the connection with this code. @returns how many events were told before */
async function end(id: string, phone: string, code: number): Promise<number> {
  const before = told(id).length
  const { body } = await call<{ connections: number }>(`${simulator.url}/faults`, 'POST', {
    phone,
    fault: { type: 'stream-error', code },
  })
  t.equal(body.connections, 1, `${id} is struck with ${code}`)
  return before
}

const row = (id: string) =>
  database.db
    .selectFrom('broker.instance')
    .select(['wanted', 'relink', 'keys_reset_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

/** What is kept of a link, as text. */
const credentials = async (id: string) =>
  (
    await database.db
      .selectFrom('broker.session_credential')
      .select('sealed')
      .where('instance_id', '=', id)
      .executeTakeFirst()
  )?.sealed.toString('hex')

const keys = (id: string, type: string) =>
  database.db
    .selectFrom('broker.session_key')
    .select('id')
    .where('instance_id', '=', id)
    .where('type', '=', type)
    .execute()

type Told = [status: string, reason: string | null]
const CONNECTED: Told = ['connected', null]
const table: [code: number, told: Told[]][] = [
  [403, [['disconnected', 'banned']]],
  [408, [['disconnected', 'connection_lost'], CONNECTED]],
  [411, [['disconnected', 'multidevice_mismatch']]],
  [428, [['disconnected', 'connection_closed'], CONNECTED]],
  [440, [['disconnected', 'replaced']]],
  [500, [['disconnected', 'bad_session'], CONNECTED]],
  [503, [['disconnected', 'unavailable'], CONNECTED]],
  [515, [['connecting', null], CONNECTED]],
]

for (const [index, [code, expected]] of table.entries()) {
  const [status, reason] = expected.at(-1) ?? CONNECTED
  test(`WhatsApp ends a connection with ${code}: ${expected.map((each) => each.join(' ')).join(', ')}`, async (t) => {
    const id = `ended-${code}`
    const phone = `551191234100${index}`
    await link(id, phone)
    const before = await end(id, phone, code)
    await webhook.until(() => told(id).length === before + expected.length)
    t.same(
      show(id).slice(before),
      expected.map((each) => [...each, false]),
    )
    const { body } = await ask<BrokerInstance>('GET', `/instances/${id}`)
    t.match(body, { status, lastError: reason, connected: status === 'connected', phone: `+${phone}` })
    t.equal((await row(id)).wanted, status === 'connected', 'what stopped is started by a person alone')
    if (status === 'connected') return
    await ask('POST', `/instances/${id}/connect`)
    await webhook.until(() => stands(id)?.status === 'connected')
    t.equal(linking.companions(phone).length, 1, 'it is the same link')
  })
}

test('a session that WhatsApp calls bad gets new keys, but not twice in an hour', async (t) => {
  const id = 'ended-500'
  const phone = '5511912341005'
  const mark = { instance_id: id, id: 'mark', sealed: Buffer.from('?') }
  const { keys_reset_at: resetAt } = await row(id)
  t.ok(resetAt, 'it is remembered over a restart')
  await database.db
    .insertInto('broker.session_key')
    .values(['session', 'pre-key'].map((type) => ({ ...mark, type })))
    .execute()
  const before = await end(id, phone, 500)
  await webhook.until(() => told(id).length === before + 2)
  t.same((await row(id)).keys_reset_at, resetAt)
  t.match(await keys(id, 'session'), [{ id: 'mark' }])

  await database.db
    .updateTable('broker.instance')
    .set({ keys_reset_at: new Date(Date.now() - 61 * 60_000) })
    .where('id', '=', id)
    .execute()
  const restarted = told(id).length
  await ask('POST', `/instances/${id}/restart`)
  await webhook.until(() => told(id).length === restarted + 3)
  const again = await end(id, phone, 500)
  await webhook.until(() => told(id).length === again + 2)
  const isMarked = async (type: string) => (await keys(id, type)).some((key) => key.id === 'mark')
  t.equal(await isMarked('session'), false)
  t.equal(await isMarked('pre-key'), true, 'WhatsApp hands prekeys out: they stay')
})

test('a logout right after pairing is not believed; said twice it is, and nothing is thrown away', async (t) => {
  const id = 'out'
  const phone = '5511912341020'
  await link(id, phone)
  const before = await end(id, phone, 401)
  await webhook.until(() => told(id).length === before + 2)
  t.same(show(id).slice(before), [
    ['disconnected', 'logged_out_unconfirmed', false],
    ['connected', null, false],
  ])
  await end(id, phone, 401)
  await webhook.until(() => stands(id)?.status === 'logged_out')
  const { body } = await ask<BrokerInstance>('GET', `/instances/${id}/status`)
  t.match(body, { status: 'logged_out', lastError: 'logged_out', connected: false, phone: null })
  t.match(await row(id), { wanted: false, relink: true })
  t.ok(await credentials(id))

  await ask('POST', `/instances/${id}/restart`)
  await webhook.until(() => stands(id)?.status === 'connected')
  t.equal(linking.companions(phone).length, 1, 'a restart tries what is kept')
})

test('a session that is logged out is linked anew by a connect, and the new link replaces what was kept', async (t) => {
  const id = 'anew'
  const phone = '5511912341021'
  await link(id, phone)
  linking.remove(phone, 1)
  await webhook.until(() => stands(id)?.status === 'logged_out')
  const kept = await credentials(id)
  await ask('POST', `/instances/${id}/connect`)
  await webhook.until(() => stands(id)?.qrAvailable === true)
  t.ok(kept === (await credentials(id)), 'until a phone has linked it nothing is replaced')
  await linking.scan(phone, (await ask<{ qr: string }>('GET', `/instances/${id}/qr`)).body.qr)
  await webhook.until(() => stands(id)?.status === 'connected')
  t.match(linking.companions(phone), [{ device: 2 }])
  t.match(await row(id), { wanted: true, relink: false })
  t.notOk(kept === (await credentials(id)))
})
