import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { createLogger } from '@carteiro/runtime/logger'
import { until } from '@carteiro/simulation/media/test-media-host'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const ACCOUNT = '5511912345678'
const CUSTOMER = '5511987654321'
const PNG_BEGINS = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const picture = (bytes: number) => Buffer.concat([PNG_BEGINS, randomBytes(bytes)])

const simulator = await startSimulator({ host: '127.0.0.1', port: 0, logger: createLogger('test', 'silent') })

/** Where pictures that are sent come from. */
const files = new Map<string, Buffer>()
const fileServer = createServer(({ url }, response) => {
  response.writeHead(200, { 'content-type': 'image/png' }).end(files.get(url ?? ''))
})
fileServer.listen(0, '127.0.0.1')
await once(fileServer, 'listening')
const fileHost = `127.0.0.1:${(fileServer.address() as AddressInfo).port}`

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-wire-'))
const stack = await startStack({
  dataDirectory,
  ports: 'free',
  simulator: false,
  common: { MEDIA_ALLOWED_HOSTS: fileHost },
  env: {
    broker: {
      WHATSAPP_WEB_SOCKET_URL: `${simulator.url.replace('http', 'ws')}/ws/chat`,
      WHATSAPP_SIMULATOR_ROOT: simulator.server.root,
      WHATSAPP_MEDIA_URL: simulator.media.url,
      WHATSAPP_MEDIA_CA: simulator.media.certificate,
    },
  },
})
const api = createApiClient(stack.urls.api, stack.apiKey)
const socket = io(stack.urls.api, { transports: ['websocket'], auth: { token: stack.apiKey } })
t.teardown(async () => {
  socket.close()
  await stack.stop()
  await simulator.stop()
  fileServer.close()
  await rm(dataDirectory, { recursive: true, force: true })
})

const nextEvent = <Event>(name: string, fits: (event: Event) => boolean): Promise<Event> =>
  new Promise((resolve) => {
    const listener = (event: Event) => {
      if (!fits(event)) return
      socket.off(name, listener)
      resolve(event)
    }
    socket.on(name, listener)
  })

/** Connects the stack's instance, and lets the account's phone scan its QR code. */
async function link(): Promise<void> {
  const connected = nextEvent<EmittedEvent<'whatsapp.instance.updated'>>(
    'whatsapp.instance.updated',
    (event) => event.connected,
  )
  await api.post(`/api/integrations/whatsapp/instances/${stack.instanceId}/connect`)
  const broker = createApiClient(stack.urls.broker, stack.brokerKey)
  for (;;) {
    const { status, body } = await broker.get(`/instances/${stack.instanceId}/qr`)
    if (status === 200) {
      await simulator.server.linking.scan(ACCOUNT, body.qr)
      break
    }
    await sleep(50)
  }
  await connected
}

await new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve)
  socket.once('connect_error', reject)
})
await link()
const person = simulator.server.persons.named(CUSTOMER)
const customer = person && simulator.server.persons.phoneOf(person)?.phone
if (!customer) throw new Error('the customer has no phone')

t.test(
  'a picture that the API is asked to send is SENT, and the customer\u2019s phone has its bytes',
  async (t) => {
    const bytes = picture(300_000)
    files.set('/offer.png', bytes)
    const sent = nextEvent<EmittedEvent<'message.status.changed'>>(
      'message.status.changed',
      ({ status }) => status === 'SENT',
    )
    const { status, body } = await api.post('/api/v1/outbound/messages', {
      to: `+${CUSTOMER}`,
      intent: 'image',
      mediaUrl: `http://${fileHost}/offer.png`,
      caption: 'our offer',
    })
    t.equal(status, 201)
    t.equal((await sent).messageId, body.id)
    const { providerMessageId: id } = (await api.get(`/api/v1/outbound/messages/${body.id}`)).body
    await until(() => customer.shown({ id }).length > 0)
    t.match(customer.shown({ id }), [{ stanzas: 1, content: { type: 'image', text: 'our offer' } }])
    t.ok(bytes.equals(await customer.download(ACCOUNT, id)))
  },
)

t.test('a picture that a customer writes becomes ready, and the API gives its bytes', async (t) => {
  const bytes = picture(2_000_000)
  const ready = nextEvent<EmittedEvent<'messages.updated'>>(
    'messages.updated',
    ({ message }) => message.media?.state === 'ready',
  )
  await customer.write(ACCOUNT, {
    type: 'image',
    file: { bytes, mimetype: 'image/png' },
    caption: 'the leak',
  })
  const { message } = await ready
  t.match(message, { text: 'the leak', media: { type: 'image', mimeType: 'image/png', size: bytes.length } })
  const file = await fetch(`${stack.urls.api}/api/messages/${message.id}/media`, {
    headers: { 'x-api-key': stack.apiKey },
  })
  t.equal(file.status, 200)
  t.equal(file.headers.get('content-type'), 'image/png')
  t.ok(bytes.equals(Buffer.from(await file.arrayBuffer())))
})

t.test(
  'a picture that WhatsApp has lost is uploaded again by the account\u2019s phone, and becomes ready',
  async (t) => {
    const bytes = picture(1_000)
    simulator.media.faults.add('download', { kind: 'refuse', status: 410 })
    const ready = nextEvent<EmittedEvent<'messages.updated'>>(
      'messages.updated',
      ({ message }) => message.media?.state === 'ready',
    )
    await customer.write(ACCOUNT, { type: 'image', file: { bytes, mimetype: 'image/png' } })
    const { message } = await ready
    t.equal(simulator.media.faults.waiting('download'), 0)
    t.match(message.media, { size: bytes.length })
  },
)
