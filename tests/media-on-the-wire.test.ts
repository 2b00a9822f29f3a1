import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { DEMO_PHONE } from '../scripts/stack/link-instance.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const CUSTOMER = '5511987654321'
const PNG_BEGINS = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')

/** So much of a PNG that it is known as one: its header, then image data that no two pictures share. */
function picture(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return Buffer.concat([PNG_BEGINS, length, Buffer.from('IDAT'), randomBytes(bytes)])
}

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
  simulator: true,
  common: { MEDIA_ALLOWED_HOSTS: fileHost },
})
const api = createApiClient(stack.urls.api, stack.apiKey)
const simulatorUrl = stack.urls.simulator ?? ''
const simulator = createApiClient(simulatorUrl)
const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(async () => {
  socket.close()
  await stack.stop()
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

await new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve)
  socket.once('connect_error', reject)
})

const bytesAt = async (url: string, headers = {}): Promise<Buffer> => {
  const response = await fetch(url, { headers })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** A customer writes a picture. */
const write = (bytes: Buffer, caption: string) =>
  simulator.post(`/customers/${CUSTOMER}/messages`, {
    type: 'image',
    file: { base64: bytes.toString('base64'), mimetype: 'image/png' },
    caption,
  })

const nextReady = () =>
  nextEvent<EmittedEvent<'messages.updated'>>(
    'messages.updated',
    ({ message }) => message.media?.state === 'ready',
  )

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
    t.match((await simulator.get(`/customers/${CUSTOMER}/messages?id=${id}`)).body, {
      items: [{ text: 'our offer', stanzas: 1 }],
    })
    const file = `${simulatorUrl}/customers/${CUSTOMER}/chats/${DEMO_PHONE}/messages/${id}/file`
    t.ok(bytes.equals(await bytesAt(file)))
  },
)

t.test('a picture that a customer writes becomes ready, and the API gives its bytes', async (t) => {
  const bytes = picture(2_000_000)
  const ready = nextReady()
  await write(bytes, 'the leak')
  const { message } = await ready
  t.match(message, { text: 'the leak', media: { type: 'image', mimeType: 'image/png', size: bytes.length } })
  const file = `${stack.urls.api}/api/messages/${message.id}/media`
  t.ok(bytes.equals(await bytesAt(file, { 'x-api-key': stack.apiKey })))
})

t.test(
  'a picture that WhatsApp has lost is uploaded again by the account\u2019s phone, and becomes ready',
  async (t) => {
    const lost = { way: 'download', fault: { kind: 'refuse', status: 410 } }
    t.equal((await simulator.post('/media/faults', lost)).status, 200)
    const ready = nextReady()
    await write(picture(1_000), 'lost')
    t.match((await ready).message, { text: 'lost', media: { state: 'ready' } })
    t.match((await simulator.get('/media')).body, { faults: { download: 0 } })
  },
)
