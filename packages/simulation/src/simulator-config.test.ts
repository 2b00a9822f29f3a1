import { ConfigurationError } from '@carteiro/runtime/config'
import { test } from 'tap'
import { readSimulatorConfig } from './simulator-config.ts'

test('without any variable the simulator listens on loopback, port 3003', async (t) => {
  t.same(readSimulatorConfig({}), { SIMULATOR_PORT: 3003, LOG_LEVEL: 'info', HOST: '127.0.0.1' })
})

test('a host that others could reach is refused', async (t) => {
  for (const HOST of ['0.0.0.0', '::', '192.168.0.10', 'example.com']) {
    t.throws(() => readSimulatorConfig({ HOST }), ConfigurationError, HOST)
  }
})
