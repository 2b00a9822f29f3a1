import t from 'tap'
import { readWorkerConfig } from './config.ts'

const DATABASE_URL = 'postgres://localhost/carteiro'

t.test(
  'with nothing but a database the worker starts, and a claim outlives the call that it covers',
  async (t) => {
    const config = readWorkerConfig({ DATABASE_URL })
    t.same(config.OUTBOX_RETRY_MINUTES, [0, 1, 5, 15, 60, 360])
    t.ok(config.OUTBOX_CLAIM_SECONDS * 1_000 > config.WHATSAPP_BROKER_TIMEOUT_MS)
  },
)

t.test('a claim that ends before its call may is refused: two workers would send at once', async (t) => {
  const read = (OUTBOX_CLAIM_SECONDS: string) => () =>
    readWorkerConfig({ DATABASE_URL, OUTBOX_CLAIM_SECONDS })
  t.throws(read('30'), { name: 'ConfigurationError', faults: [{ variable: 'OUTBOX_CLAIM_SECONDS' }] })
  t.doesNotThrow(read('31'))
})

t.test('every fault is named at once, also the one that is between two variables', async (t) => {
  const env = { WORKER_PORT: 'three', OUTBOX_CLAIM_SECONDS: '10', OUTBOX_RETRY_MINUTES: '0,soon' }
  t.throws(() => readWorkerConfig(env), {
    name: 'ConfigurationError',
    faults: [
      { variable: 'DATABASE_URL' },
      { variable: 'WORKER_PORT' },
      { variable: 'OUTBOX_RETRY_MINUTES' },
      { variable: 'OUTBOX_CLAIM_SECONDS' },
    ],
  })
})

t.test('access tokens go to Meta over TLS, or to this machine', async (t) => {
  const read = (WHATSAPP_CLOUD_API_BASE_URL: string) =>
    readWorkerConfig({ DATABASE_URL, WHATSAPP_CLOUD_API_BASE_URL })
  t.equal(readWorkerConfig({ DATABASE_URL }).WHATSAPP_CLOUD_API_BASE_URL, 'https://graph.facebook.com')
  t.equal(read('http://127.0.0.1:4000').WHATSAPP_CLOUD_API_BASE_URL, 'http://127.0.0.1:4000')
  for (const url of ['http://graph.facebook.com', 'http://10.0.0.1', 'nonsense']) {
    t.throws(() => read(url), {
      name: 'ConfigurationError',
      faults: [{ variable: 'WHATSAPP_CLOUD_API_BASE_URL' }],
    })
  }
})
