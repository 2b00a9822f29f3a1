import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { followEvents } from '@carteiro/domain/events/follow'
import { startWhatsAppServer } from '@openclaw/crabline'
import t from 'tap'
import { cloudBody, cloudChange, signCloud } from '../apps/api/src/testing/cloud-webhook.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import { connectTo, tenantPath } from '../apps/api/src/testing/start-cloud-api.ts'
import { spawnWorker } from './spawn-worker.ts'

const APP_SECRET = 'the secret of the app'
const TOKEN = 'the-token-of-the-number'
const NUMBER = '1001'
const KEY = randomBytes(32).toString('hex')
const TO = '5511988887777'

const directory = t.testdir()
const api = await startApi(t, { env: { CREDENTIALS_ENCRYPTION_KEY: KEY } })

/** What Meta's side was sent. */
const sends: Record<string, unknown>[] = []
const meta = await startWhatsAppServer({
  accessToken: TOKEN,
  phoneNumberId: NUMBER,
  graphVersion: 'v25.0',
  recorderPath: path.join(directory, 'graph.jsonl'),
  onEvent: (event) => {
    const { body, path: asked } = event
    if (asked.endsWith('/messages') && typeof body === 'object' && body !== null) sends.push({ ...body })
  },
})
t.teardown(() => meta.close())

const logged: string[] = []
const worker = spawnWorker(t, {
  LOG_LEVEL: 'trace',
  DATABASE_URL: api.domain.url,
  STORAGE_PATH: path.join(directory, 'storage'),
  CREDENTIALS_ENCRYPTION_KEY: KEY,
  WHATSAPP_CLOUD_API_BASE_URL: new URL(meta.manifest.endpoints.messagesUrl).origin,
})
worker.stdout?.setEncoding('utf8').on('data', (text: string) => logged.push(text))

/** What the tenant's clients are told of messages' states, in order. */
const told: { messageId: string; status: string }[] = []
let onTold = () => {}
const follower = followEvents({
  db: api.db,
  logger: api.domain.logger,
  onEvent: ({ payload }) => {
    if (!('status' in payload) || !('messageId' in payload)) return
    told.push({ messageId: String(payload.messageId), status: String(payload.status) })
    onTold()
  },
})
await follower.follow('acme')
t.teardown(() => follower.stop())

const untilTold = (messageId: string, status: string) =>
  new Promise<void>((resolve) => {
    onTold = () => {
      if (told.some((one) => one.messageId === messageId && one.status === status)) resolve()
    }
    onTold()
  })

async function queue(text: string): Promise<string> {
  const response = await api.app.inject({
    method: 'POST',
    url: '/api/v1/outbound/messages',
    headers: { 'x-api-key': api.keys.acme },
    payload: { instanceId: 'sales', to: TO, intent: 'text', text },
  })
  return response.json().id
}

/** Meta tells by its webhook what became of a message. */
async function tell(id: string, status: string, fields: object): Promise<number> {
  const change = {
    id,
    status,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    recipient_id: TO,
    ...fields,
  }
  const payload = JSON.stringify(cloudBody(cloudChange({ statuses: [change] }, NUMBER)))
  const response = await api.app.inject({
    method: 'POST',
    url: tenantPath('acme'),
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signCloud(APP_SECRET, payload) },
    payload,
  })
  return response.statusCode
}

const read = async (id: string) => {
  const url = `/api/v1/outbound/messages/${id}`
  return (await api.app.inject({ url, headers: { 'x-api-key': api.keys.acme } })).json()
}

t.test(
  'a message waits for its number\u2019s token, leaves by Meta, and is READ by Meta\u2019s receipts',
  async (t) => {
    await connectTo(api)('sales', NUMBER, APP_SECRET)
    const id = await queue('Hello')
    await untilTold(id, 'SENDING')
    await untilTold(id, 'QUEUED')
    t.match(await read(id), { errorCode: 'NOT_CONFIGURED', attemptCount: 0 })
    t.same(sends, [])

    await connectTo(api)('sales', NUMBER, APP_SECRET, { accessToken: TOKEN })
    await untilTold(id, 'SENT')
    t.match(sends, [
      {
        to: TO,
        type: 'text',
        text: { body: 'Hello' },
        biz_opaque_callback_data: id,
      },
    ])
    const { providerMessageId } = await read(id)
    t.match(providerMessageId, /^wamid\./)

    for (const status of ['sent', 'delivered', 'read']) {
      t.equal(await tell(providerMessageId, status, { biz_opaque_callback_data: id }), 200)
    }
    await untilTold(id, 'READ')
    t.match(await read(id), { status: 'READ', providerMessageId, errorCode: null })
  },
)

t.test(
  'what Meta refuses fails with its reason; what waits for Meta is found by a receipt with our id alone',
  async (t) => {
    const refused = await queue('x'.repeat(5_000))
    await untilTold(refused, 'FAILED')
    t.match(await read(refused), { errorCode: 'INVALID_PAYLOAD', errorMessage: /4096 characters.*\(100\)/ })

    await meta.close()
    const id = await queue('Hello?')
    await untilTold(id, 'QUEUED')
    t.equal(await tell('wamid.LATE', 'read', { biz_opaque_callback_data: id }), 200)
    await untilTold(id, 'READ')
    t.match(await read(id), { status: 'READ', providerMessageId: 'wamid.LATE' })
  },
)

t.test('the token is in no line of the log', async (t) => {
  t.ok(logged.length > 0)
  t.notMatch(logged.join(''), new RegExp(TOKEN))
})
