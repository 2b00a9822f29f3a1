import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { linkInstance } from './test-linking.ts'

const { ask, webhook, simulator, database, broker } = await startTestBroker(t)
const { linking } = simulator.server

const told = (id: string) =>
  webhook.taken.filter(({ type, instanceId }) => type === 'INSTANCE_CONNECTION' && instanceId === id)
const stands = (id: string) => told(id).at(-1)?.payload
const untilConnected = (id: string) => webhook.until(() => stands(id)?.status === 'connected')
const act = (id: string, what: string) => ask<BrokerInstance>('POST', `/instances/${id}/${what}`)
const show = (id: string) => ask<BrokerInstance>('GET', `/instances/${id}`)

async function create(id: string): Promise<void> {
  t.equal((await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })).status, 201)
}

async function link(id: string, phone: string): Promise<void> {
  await create(id)
  await linkAgain(id, phone)
}

const linkAgain = (id: string, phone: string) =>
  linkInstance(id, { ask, webhook, scan: (qr) => linking.scan(phone, qr) })

const isKept = async (id: string) =>
  (await database.db
    .selectFrom('broker.session_credential')
    .select('instance_id')
    .where('instance_id', '=', id)
    .executeTakeFirst()) !== undefined

test('a logout takes the device off the phone, and nothing of the session is kept', async (t) => {
  const phone = '5511912342001'
  await link('leaves', phone)
  for (const _ of [1, 2]) {
    t.match(await act('leaves', 'logout'), {
      status: 200,
      body: { status: 'logged_out', connected: false, phone: null, lastError: 'logged_out_on_request' },
    })
  }
  t.same(linking.companions(phone), [])
  t.equal(await isKept('leaves'), false)
  await webhook.until(() => stands('leaves')?.reason === 'logged_out_on_request')
  t.match(await act('leaves', 'disconnect'), { body: { status: 'logged_out' } })
  await linkAgain('leaves', phone)
  t.match(linking.companions(phone), [{ device: 2 }])
})

test('an instance that is disconnected, or was never linked, can be logged out', async (t) => {
  const phone = '5511912342002'
  await link('quiet', phone)
  await act('quiet', 'disconnect')
  t.match(await act('quiet', 'logout'), { body: { status: 'logged_out' } })
  await webhook.until(() => stands('quiet')?.reason === 'logged_out_on_request')
  t.same(linking.companions(phone), [])
  t.equal(await isKept('quiet'), false)

  await create('never')
  t.match(await act('never', 'logout'), { body: { status: 'logged_out' } })
  t.match(await ask('POST', '/instances/nobody/logout'), {
    status: 404,
    body: { error: { code: 'INSTANCE_NOT_FOUND' } },
  })
})

test('a logout without a line counts at once, and the phone is told when there is one', async (t) => {
  const phone = '5511912342003'
  await link('offline', phone)
  await call(`${simulator.url}/link/cut`, 'POST')
  t.teardown(() => call(`${simulator.url}/link/restore`, 'POST'))
  await webhook.until(() => stands('offline')?.status === 'disconnected')
  t.match(await act('offline', 'logout'), {
    status: 200,
    body: { status: 'logged_out', connected: false, lastError: 'logout_pending' },
  })
  await webhook.until(() => stands('offline')?.reason === 'logout_pending')
  t.equal(linking.companions(phone).length, 1)
  t.match(await act('offline', 'disconnect'), { body: { lastError: 'logout_pending' } })
  await call(`${simulator.url}/link/restore`, 'POST')
  await webhook.until(() => stands('offline')?.reason === 'logged_out_on_request')
  t.same(linking.companions(phone), [])
  t.equal(await isKept('offline'), false)
})

test('what is connected again before the phone was told is linked anew, not brought back', async (t) => {
  const phone = '5511912342004'
  await link('back', phone)
  await call(`${simulator.url}/link/cut`, 'POST')
  t.teardown(() => call(`${simulator.url}/link/restore`, 'POST'))
  await webhook.until(() => stands('back')?.status === 'disconnected')
  await act('back', 'logout')
  await act('back', 'connect')
  await call(`${simulator.url}/link/restore`, 'POST')
  await webhook.until(() => stands('back')?.qrAvailable === true)
  await linking.scan(phone, (await ask<{ qr: string }>('GET', '/instances/back/qr')).body.qr)
  await untilConnected('back')
})

test('a restart is a new connection of the same link', async (t) => {
  const phone = '5511912342005'
  await link('anew', phone)
  const before = told('anew').length
  const socket = broker.sessions.socket('anew')
  t.match(await act('anew', 'restart'), { status: 200 })
  await webhook.until(() => told('anew').length === before + 3)
  t.same(
    told('anew')
      .slice(before)
      .map(({ payload }) => [payload.status, payload.reason]),
    [
      ['disconnected', 'restarted'],
      ['connecting', null],
      ['connected', null],
    ],
  )
  t.not(broker.sessions.socket('anew'), socket)
  t.equal(linking.companions(phone).length, 1)
})

test('a deleted instance is off the phone, too', async (t) => {
  const phone = '5511912342006'
  await link('gone', phone)
  t.equal((await ask('DELETE', '/instances/gone')).status, 204)
  t.same(linking.companions(phone), [])
  t.equal((await show('gone')).status, 404)
})

test('a session that cannot be read says so, again when it is connected, until it is logged out; others run', async (t) => {
  const phone = '5511912342007'
  await link('torn', phone)
  await link('whole', '5511912342008')
  await act('torn', 'disconnect')
  await database.db
    .updateTable('broker.session_credential')
    .set({ sealed: Buffer.alloc(64, 1) })
    .where('instance_id', '=', 'torn')
    .execute()
  for (const _ of [1, 2]) {
    const before = told('torn').length
    await act('torn', 'connect')
    await webhook.until(() => told('torn').length > before && stands('torn')?.reason === 'session_corrupt')
    t.match(await show('torn'), { body: { status: 'disconnected', lastError: 'session_corrupt' } })
  }
  t.match(await show('whole'), { body: { status: 'connected' } })
  t.match(await act('torn', 'logout'), { body: { status: 'logged_out' } })
  await linkAgain('torn', phone)
})
