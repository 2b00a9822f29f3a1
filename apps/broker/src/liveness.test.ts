import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const { connect, customerWrites, onPhone, ask, webhook, simulator, broker } = await startTestBroker(t, {
  WHATSAPP_SILENCE_MS: '600',
  WHATSAPP_PROBE_MS: '400',
})
const CUSTOMER = '5511988887777'

const told = () =>
  webhook.taken.flatMap(({ type, payload }) => (type === 'INSTANCE_CONNECTION' ? payload : []))
const texts = () => webhook.taken.flatMap(({ payload }) => payload.message?.text ?? [])
const strike = (fault: { type: string }) =>
  call<{ connections: number }>(`${simulator.url}/faults`, 'POST', { phone: ACCOUNT, fault })
const untilMended = (reason: string, from: number) =>
  webhook.until(() => {
    const since = told().slice(from)
    const at = since.findIndex((payload) => payload.reason === reason)
    return at >= 0 && since.slice(at).some(({ status }) => status === 'connected')
  })

await connect('main')

test('a line that only looks open is found out by its silence, and mended', async (t) => {
  const from = told().length
  t.equal((await strike({ type: 'half-open' })).body.connections, 1)
  await customerWrites(CUSTOMER, { text: 'while it looked open' })
  await untilMended('no_answer', from)
  await webhook.until(() => texts().includes('while it looked open'))
  const { body } = await ask<{ id: string }>('POST', '/instances/main/send-text', {
    to: CUSTOMER,
    text: 'here',
  })
  t.match(await onPhone(CUSTOMER, body.id), [{ text: 'here' }])
  const metrics = await (await fetch(`${broker.address}/metrics`)).text()
  t.match(metrics, /whatsapp_socket_reconnects_total\{reason="no_answer"\} [1-9]/)
})

test('a frame that does not open ends its own connection, and what was in it comes again, once', async () => {
  const from = told().length
  await strike({ type: 'bad-mac' })
  await customerWrites(CUSTOMER, { text: 'unreadable at first' })
  await untilMended('bad_frame', from)
  await webhook.until(() => texts().includes('unreadable at first'))
})
