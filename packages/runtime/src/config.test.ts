import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import { ConfigurationError, flag, port, processVariables, readConfig, wholeNumber } from './config.ts'

const Schema = z.object({
  ...processVariables,
  PORT: port(3000),
  BATCH_SIZE: wholeNumber(10, 1),
  ENABLED: flag(false),
  API_KEY: z.string().min(16, 'must have 16 characters or more'),
})
const DATABASE_URL = 'postgres://localhost/carteiro'
const API_KEY = '0123456789abcdef'

function faultsOf(env: NodeJS.ProcessEnv): ConfigurationError {
  try {
    readConfig(Schema, env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('the configuration was taken')
}

t.test('every fault is named together, one line each', async (t) => {
  const { faults, message } = faultsOf({
    PORT: '70000',
    BATCH_SIZE: '0',
    ENABLED: 'maybe',
    LOG_LEVEL: 'loud',
    API_KEY: 'short',
  })
  t.same(faults.map((fault) => fault.variable).sort(), [
    'API_KEY',
    'BATCH_SIZE',
    'DATABASE_URL',
    'ENABLED',
    'LOG_LEVEL',
    'PORT',
  ])
  t.equal(message.split('\n').length, 7)
  for (const { variable } of faults) t.match(message, new RegExp(`^ {2}${variable}: `, 'm'))
})

t.test('a value is never repeated in a fault: it may be a secret', async (t) => {
  const value = fc.string({ unit: fc.constantFrom(...'!#%&*?$'), minLength: 6, maxLength: 15 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(value, (secret) => {
        const error = faultsOf({
          DATABASE_URL: secret,
          LOG_LEVEL: secret,
          PORT: secret,
          BATCH_SIZE: secret,
          ENABLED: secret,
          API_KEY: secret,
        })
        assert.equal(error.faults.length, 6)
        assert.ok(!error.message.includes(secret), error.message)
      }),
    ),
  )
})

t.test('what is not set, or set to nothing, has its default', async (t) => {
  const config = readConfig(Schema, { DATABASE_URL, API_KEY, PORT: '', ENABLED: '', LOG_LEVEL: '' })
  t.same(config, {
    DATABASE_URL,
    API_KEY,
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: 3000,
    BATCH_SIZE: 10,
    ENABLED: false,
  })
})

t.test('numbers and switches are read as people write them', async (t) => {
  const read = (env: NodeJS.ProcessEnv) => readConfig(Schema, { DATABASE_URL, API_KEY, ...env })
  t.equal(read({ PORT: '0' }).PORT, 0)
  t.equal(read({ PORT: '65535' }).PORT, 65_535)
  for (const on of ['true', '1', 'on']) t.equal(read({ ENABLED: on }).ENABLED, true, on)
  for (const off of ['false', '0', 'off']) t.equal(read({ ENABLED: off }).ENABLED, false, off)
  for (const wrong of ['1.5', 'three', '-1', '65536']) {
    t.throws(() => read({ PORT: wrong }), ConfigurationError, wrong)
  }
})

t.test('a variable that is not ours is passed over', async (t) => {
  t.notOk('HOME' in readConfig(Schema, { DATABASE_URL, API_KEY, HOME: '/home/maria' }))
})
