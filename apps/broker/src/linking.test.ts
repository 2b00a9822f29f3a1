import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { t, test } from 'tap'
import { API_KEY, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const { ask, broker, simulator, webhook } = await startTestBroker(t)
const { linking } = simulator.server

type Problem = { error: { code: string; message: string; details?: unknown } }

const told = (id: string) =>
  webhook.taken.filter(({ type, instanceId }) => type === 'INSTANCE_CONNECTION' && instanceId === id)
const untilTold = (id: string, status: string) =>
  webhook.until(() => told(id).at(-1)?.payload.status === status)
const untilQr = (id: string) => webhook.until(() => told(id).at(-1)?.payload.qrAvailable === true)

async function create(id: string): Promise<void> {
  t.equal((await ask('POST', '/instances', { id, name: id, tenantId: 'demo' })).status, 201)
}

test('an instance shows a QR code while it is being linked, as text and as image, and at no other time', async (t) => {
  await create('shown')
  const early = await ask<Problem>('GET', '/instances/shown/qr')
  t.match(early, { status: 404, body: { error: { code: 'QR_NOT_AVAILABLE', message: /connect it first/ } } })
  t.match(await ask('GET', '/instances/nobody/qr'), {
    status: 404,
    body: { error: { code: 'INSTANCE_NOT_FOUND' } },
  })

  await ask('POST', '/instances/shown/connect')
  await untilQr('shown')
  const { body } = await ask<{ qr: string; expiresAt: string; available: boolean }>(
    'GET',
    '/instances/shown/qr',
  )
  t.match(body, { qr: /^https:\/\/wa\.me\/settings\/linked_devices#/, available: true })
  const leftMs = new Date(body.expiresAt).getTime() - Date.now()
  t.ok(leftMs > 0 && leftMs <= 60_000, 'the first code lives for a minute')
  t.match(await ask('GET', '/instances/shown'), { body: { status: 'connecting', qrAvailable: true } })

  const image = await fetch(`${broker.address}/instances/shown/qr.png`, { headers: { 'x-api-key': API_KEY } })
  t.match(image.headers.get('content-type'), 'image/png')
  t.equal(image.headers.get('cache-control'), 'no-store')
  t.match(
    Buffer.from(await image.arrayBuffer())
      .subarray(1, 4)
      .toString(),
    'PNG',
  )

  await linking.scan(ACCOUNT, body.qr)
  await untilTold('shown', 'connected')
  const late = await ask<Problem>('GET', '/instances/shown/qr.png')
  t.match(late, { status: 404, body: { error: { code: 'QR_NOT_AVAILABLE', message: /linked already/ } } })
  t.same(
    told('shown').map(({ payload }) => [payload.status, payload.qrAvailable]),
    [
      ['connecting', false],
      ['connecting', true],
      ['connecting', false],
      ['connected', false],
    ],
  )
})

test('a code that is typed on the phone links an instance, which need not be connected before', async (t) => {
  await create('typed')
  t.match(await ask('POST', '/instances/typed/pair', { phoneNumber: 'nobody' }), {
    status: 400,
    body: { error: { code: 'INVALID_PAYLOAD' } },
  })
  const phone = '5511912340001'
  const { status, body } = await ask<{ pairingCode: string; expiresAt: string }>(
    'POST',
    '/instances/typed/pair',
    {
      phoneNumber: `+${phone}`,
    },
  )
  t.equal(status, 200)
  t.match(body.pairingCode, /^[A-Z1-9]{8}$/)
  t.ok(new Date(body.expiresAt).getTime() > Date.now())
  await linking.typeCode(phone, body.pairingCode)
  await untilTold('typed', 'connected')
  t.match(await ask('GET', '/instances/typed'), { body: { status: 'connected', phone: `+${phone}` } })
  t.match(await ask('POST', '/instances/typed/pair', { phoneNumber: phone }), {
    status: 409,
    body: { error: { code: 'IMPOSSIBLE_TRANSITION' } },
  })
})

test('a code that nobody typed is no obstacle to the next linking', async () => {
  await create('again')
  const phone = '5511912340002'
  await ask('POST', '/instances/again/pair', { phoneNumber: phone })
  await ask('POST', '/instances/again/disconnect')
  // Else the code of before the disconnection is taken for the next one.
  await untilTold('again', 'disconnected')
  await ask('POST', '/instances/again/connect')
  await untilQr('again')
  const { body } = await ask<{ qr: string }>('GET', '/instances/again/qr')
  await linking.scan(phone, body.qr)
  await untilTold('again', 'connected')
})

test('an instance that its phone logs out says so, and is linked anew by another connect', async (t) => {
  const phone = '5511912340003'
  await create('out')
  const link = async () => {
    await ask('POST', '/instances/out/connect')
    await untilQr('out')
    await linking.scan(phone, (await ask<{ qr: string }>('GET', '/instances/out/qr')).body.qr)
    await untilTold('out', 'connected')
  }
  await link()
  linking.remove(phone, 1)
  await untilTold('out', 'logged_out')
  const { body } = await ask<BrokerInstance>('GET', '/instances/out')
  t.match(body, { status: 'logged_out', connected: false, phone: null, lastError: 'logged_out' })
  await link()
  t.match(linking.companions(phone), [{ device: 2 }])
})
