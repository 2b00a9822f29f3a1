import { join } from 'node:path'
import { ConfigurationError } from '@carteiro/runtime/config'
import { issueLoopbackCertificate, makeAuthority } from '@carteiro/simulation/media/make-certificates'
import { test } from 'tap'
import { readBrokerConfig } from './config.ts'

const required = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/db',
  WHATSAPP_BROKER_API_KEY: 'a-key-of-enough-letters',
  SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
}

test('the session key is read as hex and as base64', async (t) => {
  const key = Buffer.from('ab'.repeat(32), 'hex')
  t.match(readBrokerConfig(required).SESSION_ENCRYPTION_KEY, [{ key }])
  const base64 = { ...required, SESSION_ENCRYPTION_KEY: key.toString('base64') }
  t.match(readBrokerConfig(base64).SESSION_ENCRYPTION_KEY, [{ key }])
  const several = { ...required, SESSION_ENCRYPTION_KEY: `2026:${key.toString('base64')},${'cd'.repeat(32)}` }
  t.match(readBrokerConfig(several).SESSION_ENCRYPTION_KEY, [
    { id: '2026', key },
    { key: Buffer.alloc(32, 0xcd) },
  ])
})

test('without keys the broker does not start, and says which are missing', async (t) => {
  t.throws(() => readBrokerConfig({ DATABASE_URL: required.DATABASE_URL }), {
    name: ConfigurationError.name,
    message: /WHATSAPP_BROKER_API_KEY[\s\S]*SESSION_ENCRYPTION_KEY/,
  })
})

const simulated = {
  ...required,
  WHATSAPP_WEB_SOCKET_URL: 'ws://127.0.0.1:3003/ws/chat',
  WHATSAPP_SIMULATOR_ROOT: Buffer.alloc(32, 1).toString('base64'),
}

test('a socket without TLS is taken on this machine only', async (t) => {
  for (const url of ['ws://127.0.0.1:3003/ws/chat', 'ws://localhost:1', 'ws://[::1]:1']) {
    t.equal(readBrokerConfig({ ...simulated, WHATSAPP_WEB_SOCKET_URL: url }).WHATSAPP_WEB_SOCKET_URL, url)
  }
  for (const url of [
    'ws://10.0.0.1:1',
    'wss://web.whatsapp.com/ws',
    'ws://127.0.0.1.example.com',
    'nonsense',
  ]) {
    t.throws(() => readBrokerConfig({ ...simulated, WHATSAPP_WEB_SOCKET_URL: url }), {
      message: /WHATSAPP_WEB_SOCKET_URL/,
    })
  }
})

test('a root of one\u2019s own is trusted for a socket on this machine alone, which is not opened without one', async (t) => {
  t.same(
    readBrokerConfig(simulated).WHATSAPP_SIMULATOR_ROOT,
    Buffer.from(simulated.WHATSAPP_SIMULATOR_ROOT, 'base64'),
  )
  const { WHATSAPP_SIMULATOR_ROOT, WHATSAPP_WEB_SOCKET_URL } = simulated
  const faults: [variables: NodeJS.ProcessEnv, named: RegExp][] = [
    [
      { ...required, WHATSAPP_SIMULATOR_ROOT },
      /WHATSAPP_WEB_SOCKET_URL: is needed with WHATSAPP_SIMULATOR_ROOT/,
    ],
    [
      { ...required, WHATSAPP_WEB_SOCKET_URL },
      /WHATSAPP_SIMULATOR_ROOT: is needed with WHATSAPP_WEB_SOCKET_URL/,
    ],
    [{ ...simulated, WHATSAPP_WEB_SOCKET_URL: 'wss://web.whatsapp.com/ws/chat' }, /must be ws:/],
    [{ ...simulated, WHATSAPP_SIMULATOR_ROOT: 'c2hvcnQ=' }, /WHATSAPP_SIMULATOR_ROOT: must be a public key/],
  ]
  for (const [variables, message] of faults) t.throws(() => readBrokerConfig(variables), { message })
})

test('a media host without the name of WhatsApp is taken on this machine only', async (t) => {
  for (const url of ['http://127.0.0.1:3003', 'https://localhost:1', 'http://[::1]:1']) {
    t.equal(readBrokerConfig({ ...simulated, WHATSAPP_MEDIA_URL: url }).WHATSAPP_MEDIA_URL, url)
  }
  for (const url of ['http://10.0.0.1:1', 'https://mmg.whatsapp.net', 'ws://127.0.0.1:1', 'nonsense']) {
    t.throws(() => readBrokerConfig({ ...simulated, WHATSAPP_MEDIA_URL: url }), {
      message: /WHATSAPP_MEDIA_URL/,
    })
  }
})

test('an authority of one\u2019s own is trusted for a media host of one\u2019s own alone', async (t) => {
  const { certificate } = await makeAuthority()
  const file = join(t.testdir({ 'ca.pem': certificate }), 'ca.pem')
  const host = { ...simulated, WHATSAPP_MEDIA_URL: 'https://127.0.0.1:3004' }
  for (const given of [certificate, `\n${certificate}`, file]) {
    const config = readBrokerConfig({ ...host, WHATSAPP_MEDIA_CA: given })
    t.equal(config.WHATSAPP_MEDIA_CA?.trim(), certificate.trim())
  }
  const faults: [variables: NodeJS.ProcessEnv, named: RegExp][] = [
    [{ ...required, WHATSAPP_MEDIA_URL: 'http://127.0.0.1:1' }, /WHATSAPP_MEDIA_URL: goes with/],
    [{ ...simulated, WHATSAPP_MEDIA_CA: certificate }, /WHATSAPP_MEDIA_CA: goes with/],
    [{ ...host, WHATSAPP_MEDIA_URL: 'http://127.0.0.1:1', WHATSAPP_MEDIA_CA: file }, /MEDIA_CA: goes with/],
    [
      { ...required, WHATSAPP_MEDIA_URL: host.WHATSAPP_MEDIA_URL, WHATSAPP_MEDIA_CA: file },
      /MEDIA_URL: goes/,
    ],
  ]
  const { certificate: noAuthority } = await issueLoopbackCertificate(await makeAuthority())
  for (const given of ['nonsense', '/no/such/file', noAuthority, '-----BEGIN CERTIFICATE-----']) {
    faults.push([{ ...host, WHATSAPP_MEDIA_CA: given }, /WHATSAPP_MEDIA_CA: must be/])
  }
  for (const [variables, message] of faults) t.throws(() => readBrokerConfig(variables), { message })
})

test('the version of WhatsApp Web is a version of it, or Baileys\u2019 own', async (t) => {
  t.equal(readBrokerConfig(required).WHATSAPP_WEB_VERSION, undefined)
  const given = readBrokerConfig({ ...required, WHATSAPP_WEB_VERSION: '2.3000.1043857760' })
  t.same(given.WHATSAPP_WEB_VERSION, [2, 3000, 1_043_857_760])
  for (const version of ['2.3000', '2.3000.x', '2.2413.51', '3.3000.1', '2.3000.12345678901', ' 2.3000.1']) {
    t.throws(() => readBrokerConfig({ ...required, WHATSAPP_WEB_VERSION: version }), {
      message: /WHATSAPP_WEB_VERSION: must be a version of WhatsApp Web, as 2\.3000\.1043857760/,
    })
  }
})

test('the times of silence have defaults, and are not shorter than an answer takes', async (t) => {
  t.match(readBrokerConfig(required), { WHATSAPP_SILENCE_MS: 90_000, WHATSAPP_PROBE_MS: 10_000 })
  for (const variable of ['WHATSAPP_SILENCE_MS', 'WHATSAPP_PROBE_MS']) {
    t.throws(() => readBrokerConfig({ ...required, [variable]: '99' }), { message: new RegExp(variable) })
  }
})
