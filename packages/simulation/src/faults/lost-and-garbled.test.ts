import { proto } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'

test('a message that is garbled on its way cannot be opened, and its phone writes it again', async (t) => {
  const simulator = await startTestSimulator(t)
  const { socket, texts } = await simulator.device(ACCOUNT)
  const stubs: unknown[] = []
  socket.ev.on('messages.upsert', ({ messages }) => stubs.push(...messages.map((one) => one.messageStubType)))
  await simulator.post('/faults', { fault: { type: 'garbled' } })
  await simulator.post(`/customers/${CUSTOMER}/messages`, { text: 'hello', id: 'A-1' })
  t.match(await texts.reached(2), [
    { id: 'A-1', text: '' },
    { id: 'A-1', text: 'hello' },
  ])
  t.equal(stubs[0], proto.WebMessageInfo.StubType.CIPHERTEXT)
})

test('a message that is lost on its way is counted, and comes with the next connection', async (t) => {
  const simulator = await startTestSimulator(t)
  const auth = await simulator.link(ACCOUNT)
  const write = (id: string) =>
    simulator.post(`/customers/${CUSTOMER}/messages`, { text: id, id, to: ACCOUNT })
  await write('A-1')
  await write('A-2')
  await simulator.post('/faults', { fault: { type: 'lost-offline' } })
  const client = await simulator.device(ACCOUNT, auth)
  t.match(await client.texts.reached(1), [{ id: 'A-2' }])
  await client.goAway()
  await client.closed
  const back = await simulator.device(ACCOUNT, auth)
  t.match(await back.texts.reached(1), [{ id: 'A-1' }])
})
