import { test } from 'tap'
import type { InstanceState } from './instances.ts'
import { createStateWriter } from './state-writer.ts'

const CONNECTED: InstanceState = {
  status: 'connected',
  phone: '+5511999990000',
  lid: null,
  qrAvailable: false,
  reason: null,
}
const DISCONNECTED: InstanceState = {
  ...CONNECTED,
  status: 'disconnected',
  reason: 'disconnected_on_request',
}

function startWriter() {
  const saved: InstanceState[] = []
  const states = createStateWriter({
    instances: { saveState: async (_id, state) => void saved.push(state) },
    report: {
      instanceStateFailed: (_id, error) => {
        throw error
      },
    },
    signal: new AbortController().signal,
  })
  return { states, saved }
}

test('states are written in their order, and the newest is known before and after', async (t) => {
  const { states, saved } = startWriter()
  states.write('main', CONNECTED)
  states.write('main', DISCONNECTED)
  t.same(states.newest('main'), DISCONNECTED)
  await states.written()
  t.same(saved, [CONNECTED, DISCONNECTED])
  t.same(states.newest('main'), DISCONNECTED, 'a row that was read before the write is not believed')
})

test('an instance that is made again under its id knows nothing of the one before', async (t) => {
  const { states } = startWriter()
  states.write('main', CONNECTED)
  await states.written()
  states.forget('main')
  t.equal(states.newest('main'), undefined)
})
