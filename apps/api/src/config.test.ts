import t from 'tap'
import { readApiConfig } from './config.ts'

const DATABASE_URL = 'postgres://localhost/carteiro'

t.test('with nothing but a database the API starts: nothing is demanded, nothing enforced', async (t) => {
  t.match(readApiConfig({ DATABASE_URL }), { API_PORT: 3000, WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: false })
})

t.test('a signature cannot be enforced without its secret', async (t) => {
  const enforced = { DATABASE_URL, WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: 'true' }
  t.throws(() => readApiConfig(enforced), {
    name: 'ConfigurationError',
    faults: [{ variable: 'WHATSAPP_WEBHOOK_HMAC_SECRET' }],
  })
  t.ok(readApiConfig({ ...enforced, WHATSAPP_WEBHOOK_HMAC_SECRET: 'a secret of the broker' }))
})

t.test('every fault is named at once, also the one that is between two variables', async (t) => {
  const read = () => readApiConfig({ API_PORT: 'three', WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: 'true' })
  t.throws(read, {
    name: 'ConfigurationError',
    faults: [
      { variable: 'DATABASE_URL' },
      { variable: 'API_PORT' },
      { variable: 'WHATSAPP_WEBHOOK_HMAC_SECRET' },
    ],
  })
})

t.test('a storage that cannot work is named together with the other faults', async (t) => {
  t.throws(() => readApiConfig({ STORAGE_DRIVER: 's3' }), {
    name: 'ConfigurationError',
    faults: [{ variable: 'DATABASE_URL' }, { variable: 'S3_BUCKET' }],
  })
})

t.test('the key for credentials is 32 bytes in hex or base64, and a wrong one is not repeated', async (t) => {
  const key = Buffer.alloc(32, 7)
  for (const encoding of ['hex', 'base64'] as const) {
    const env = { DATABASE_URL, CREDENTIALS_ENCRYPTION_KEY: key.toString(encoding) }
    t.same(readApiConfig(env).CREDENTIALS_ENCRYPTION_KEY, key)
  }
  for (const wrong of ['short', 'zz'.repeat(32), key.subarray(1).toString('base64')]) {
    t.throws(() => readApiConfig({ DATABASE_URL, CREDENTIALS_ENCRYPTION_KEY: wrong }), {
      name: 'ConfigurationError',
      faults: [
        {
          variable: 'CREDENTIALS_ENCRYPTION_KEY',
          message: 'must be 32 bytes, as 64 hex digits or as base64',
        },
      ],
    })
  }
})
