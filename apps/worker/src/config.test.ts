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
