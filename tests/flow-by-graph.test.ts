import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { startWhatsAppServer } from '@openclaw/crabline'
import t from 'tap'
import { cloudBody, cloudChange, cloudText, signCloud } from '../apps/api/src/testing/cloud-webhook.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import { connectTo, tenantPath } from '../apps/api/src/testing/start-cloud-api.ts'
import { spawnWorker } from './spawn-worker.ts'

const APP_SECRET = 'the secret of the app'
const TOKEN = 'the-token-of-the-number'
const NUMBER = '1001'
const KEY = randomBytes(32).toString('hex')
const FROM = '5511988887901'

const directory = t.testdir()
const api = await startApi(t, { env: { CREDENTIALS_ENCRYPTION_KEY: KEY } })

/** The texts that Meta was given for the customer, in order. */
const sends: string[] = []
let onSend = () => {}
const meta = await startWhatsAppServer({
  accessToken: TOKEN,
  phoneNumberId: NUMBER,
  graphVersion: 'v25.0',
  recorderPath: path.join(directory, 'graph.jsonl'),
  onEvent: ({ body, path: asked }) => {
    if (!asked.endsWith('/messages') || typeof body !== 'object' || body === null) return
    if (!('to' in body && body.to === FROM && 'text' in body)) return
    sends.push(String(Object.entries(body.text ?? {}).find(([name]) => name === 'body')?.[1]))
    onSend()
  },
})
t.teardown(() => meta.close())

spawnWorker(t, {
  DATABASE_URL: api.domain.url,
  STORAGE_PATH: path.join(directory, 'storage'),
  CREDENTIALS_ENCRYPTION_KEY: KEY,
  WHATSAPP_CLOUD_API_BASE_URL: new URL(meta.manifest.endpoints.messagesUrl).origin,
})

const untilSent = (count: number) =>
  new Promise<void>((resolve) => {
    onSend = () => {
      if (sends.length >= count) resolve()
    }
    onSend()
  })

/** A customer writes to the number: Meta posts it. */
async function write(id: string, text: string): Promise<number> {
  const payload = JSON.stringify(cloudBody(cloudChange(cloudText({ id, from: FROM, text }), NUMBER)))
  const response = await api.app.inject({
    method: 'POST',
    url: tenantPath('acme'),
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signCloud(APP_SECRET, payload) },
    payload,
  })
  return response.statusCode
}

const headers = { 'x-api-key': api.keys.acme }

t.test(
  'who writes to a number of the Cloud API is led through the same conversation, each text once',
  async (t) => {
    await connectTo(api)('sales', NUMBER, APP_SECRET, { accessToken: TOKEN })
    const { definition } = (await api.app.inject({ url: '/api/v1/flow', headers })).json()
    const put = {
      method: 'PUT' as const,
      url: '/api/v1/flow',
      headers,
      payload: { ...definition, enabled: true },
    }
    t.equal((await api.app.inject(put)).statusCode, 201)

    const first = () => write('wamid.FIRST', 'I want a family visa, my name is Maria da Silva')
    t.same(await Promise.all([first(), first()]), [200, 200])
    await untilSent(2)
    const greeting = 'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.'
    t.same(sends, [greeting, 'What is your nationality?'])
    t.equal(await first(), 200)
    await write('wamid.SECOND', 'Brazilian')
    await untilSent(3)
    t.same(sends, [greeting, 'What is your nationality?', definition.handoff.text])

    await write('wamid.THIRD', 'STOP')
    await untilSent(4)
    t.match(sends.at(-1), /START/)
  },
)
