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
