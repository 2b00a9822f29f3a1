import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990001'

test('POST /faults breaks the connections of an account', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  const elsewhere = await simulator.post('/faults', { fault: { type: 'cut' }, phone: '5511999990009' })
  t.match(elsewhere, { status: 202, body: { connections: 0, armed: null } })

  const struck = await simulator.post('/faults', {
    fault: { type: 'stream-error', code: 503 },
    phone: ACCOUNT,
  })
  t.match(struck, { status: 202, body: { connections: 1, armed: null } })
  t.equal(await device.closed, 503)
})

test('faults that wait are listed until they are ended', async (t) => {
  const simulator = await startTestSimulator(t)
  const duplicate = await simulator.post('/faults', { fault: { type: 'duplicate', times: 3 }, device: 1 })
  t.match(duplicate.body, { armed: { id: 'fault-1', left: 3, phone: null, device: 1 } })
  await simulator.post('/faults', { fault: { type: 'delay', ms: 20 }, phone: ACCOUNT })
  t.match(await simulator.get('/faults'), {
    items: [
      { id: 'fault-1', fault: { type: 'duplicate' } },
      { id: 'fault-2', fault: { type: 'delay', ms: 20 }, left: null, phone: ACCOUNT },
    ],
  })

  t.equal((await simulator.call('DELETE', '/faults/fault-1')).status, 204)
  t.match(await simulator.call('DELETE', '/faults/fault-1'), { status: 404 })
  t.equal((await simulator.call('DELETE', '/faults')).status, 204)
  t.same(await simulator.get('/faults'), { items: [] })
})

test('what is no fault is refused with a sentence', async (t) => {
  const simulator = await startTestSimulator(t)
  for (const body of [
    {},
    { fault: { type: 'meteor' } },
    { fault: { type: 'stream-error', code: 200 } },
    { fault: { type: 'delay', ms: -1 } },
    { fault: { type: 'cut' }, phone: 'Ana' },
    { fault: { type: 'cut' }, phones: [ACCOUNT] },
  ]) {
    const { status, body: answer } = await simulator.post('/faults', body)
    t.equal(status, 400, JSON.stringify(body))
    t.match(answer, { error: { message: /\w/ } })
  }
})
