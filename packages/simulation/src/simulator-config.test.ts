import { ConfigurationError } from '@carteiro/runtime/config'
import { test } from 'tap'
import { readSimulatorConfig } from './simulator-config.ts'

test('without any variable the simulator listens on loopback, ports 3003 and 3004', async (t) => {
  t.same(readSimulatorConfig({}), {
    SIMULATOR_PORT: 3003,
    SIMULATOR_MEDIA_PORT: 3004,
    SIMULATOR_PATH: '.data/simulator',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
  })
})

test('the broker whose QR codes phones scan is one on this machine', async (t) => {
  const WHATSAPP_BROKER_URL = 'https://broker.example'
  t.throws(() => readSimulatorConfig({ WHATSAPP_BROKER_URL }), ConfigurationError)
})

test('a host that others could reach is refused', async (t) => {
  for (const HOST of ['0.0.0.0', '::', '192.168.0.10', 'example.com']) {
    t.throws(() => readSimulatorConfig({ HOST }), ConfigurationError, HOST)
  }
})
