import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { readApiConfig } from '../apps/api/src/config.ts'
import { readBrokerConfig } from '../apps/broker/src/config.ts'
import { readWorkerConfig } from '../apps/worker/src/config.ts'

const ROOT = new URL('../', import.meta.url)
const DATABASE_URL = 'postgres://nobody@127.0.0.1/nothing'

const read = (file: string) => readFile(new URL(file, ROOT), 'utf8')

t.test('what nobody sets has the value that operators of older services know', async (t) => {
  t.match(readWorkerConfig({ DATABASE_URL }), {
    OUTBOX_WORKER_ENABLED: true,
    OUTBOX_BATCH_SIZE: 10,
    OUTBOX_RETRY_MINUTES: [0, 1, 5, 15, 60, 360],
    OUTBOX_CLAIM_SECONDS: 120,
    OUTBOX_SWEEP_SECONDS: 15,
    INBOUND_MAX_ATTEMPTS: 3,
    WHATSAPP_BROKER_TIMEOUT_MS: 30_000,
    WHATSAPP_CLOUD_API_BASE_URL: 'https://graph.facebook.com',
    RETENTION_DAYS_DELIVERIES: 90,
  })
  t.match(readApiConfig({ DATABASE_URL }), {
    API_PORT: 3000,
    WHATSAPP_RAW_FALLBACK_ENABLED: true,
    WHATSAPP_WEBHOOK_ENFORCE_SIGNATURE: false,
    REALTIME_HEARTBEAT_SECONDS: 15,
    JOB_RUNNER_TOKEN: undefined,
    CRON_SECRET: undefined,
  })
  const broker = {
    DATABASE_URL,
    SESSION_ENCRYPTION_KEY: '00'.repeat(32),
    WHATSAPP_BROKER_API_KEY: 'a key of 16 letters',
  }
  t.match(readBrokerConfig(broker), {
    BROKER_MODE: 'push',
    HEARTBEAT_TIMEOUT_MS: 45_000,
    HEARTBEAT_CHECK_INTERVAL_MS: 10_000,
    MAX_RETRY_ATTEMPTS: 3,
    INITIAL_RETRY_DELAY_MS: 1_000,
    MAX_RETRY_DELAY_MS: 30_000,
    DISPATCH_CONCURRENCY: 4,
    RETENTION_DAYS_JOURNAL: 7,
  })
})

/** Where processes name the variables that they read. */
async function variablesOf(folder: string): Promise<string[]> {
  const files = (await readdir(new URL(folder, ROOT), { recursive: true })).filter((file) =>
    /(^|\/)(config|settings|[a-z-]*variables|[a-z-]*-config)\.ts$/.test(file),
  )
  const texts = await Promise.all(files.map((file) => read(`${folder}/${file}`)))
  return texts.flatMap((text) =>
    [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]{3,}):/gm)].map(([, name = '']) => name),
  )
}

t.test(
  'every variable that a process reads stands in .env.example and in docs/configuration.md',
  async (t) => {
    const folders = [
      'apps/api/src',
      'apps/worker/src',
      'apps/broker/src',
      'packages/storage/src',
      'packages/runtime/src',
    ]
    const variables = new Set((await Promise.all(folders.map(variablesOf))).flat())
    t.ok(variables.size > 60, `${variables.size} variables`)
    const [example, page] = await Promise.all([read('.env.example'), read('docs/configuration.md')])
    for (const name of variables) {
      t.ok(new RegExp(`^#? ?${name}=`, 'm').test(example), `${name} in .env.example`)
      t.ok(new RegExp(`\`${name}\``).test(page), `${name} in docs/configuration.md`)
    }
  },
)
