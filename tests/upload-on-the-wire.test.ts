import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { io } from 'socket.io-client'
import t from 'tap'
import { z } from 'zod'
import { FILES } from '../apps/api/src/testing/upload.ts'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { DEMO_PHONE } from '../scripts/stack/link-instance.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const CUSTOMER = '5511987654322'

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-wire-'))
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
const api = createApiClient(stack.urls.api, stack.apiKey)
const simulatorUrl = stack.urls.simulator ?? ''
const simulator = createApiClient(simulatorUrl)
const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(async () => {
  socket.close()
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})
await new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve)
  socket.once('connect_error', reject)
})

type Changed = EmittedEvent<'message.status.changed'>

/** Of any message; the states in which nothing more comes for these. */
const settled = new Map<string, (status: string) => void>()
socket.on('message.status.changed', ({ messageId, status }: Changed) => {
  if (status === 'SENT' || status === 'FAILED') settled.get(messageId)?.(status)
})

async function send(body: object): Promise<{ id: string; status: string; providerMessageId: string }> {
  const sent = (await api.post('/api/v1/outbound/messages', { to: `+${CUSTOMER}`, ...body })).body
  const changed = new Promise<string>((resolve) => settled.set(sent.id, resolve))
  const read = async () => (await api.get(`/api/v1/outbound/messages/${sent.id}`)).body
  // It may have been sent before anybody listened for it.
  if ((await read()).status === 'QUEUED' || (await read()).status === 'SENDING') await changed
  return read()
}

async function upload(type: string, bytes: Buffer, name: string): Promise<string> {
  const form = new FormData()
  form.set('file', new File([new Uint8Array(bytes)], name))
  form.set('type', type)
  const headers = { 'x-api-key': stack.apiKey }
  const answer = await fetch(`${stack.urls.api}/api/whatsapp/uploads`, {
    method: 'POST',
    headers,
    body: form,
  })
  const body = z.object({ uploadId: z.uuid() }).parse(await answer.json())
  return body.uploadId
}

async function bytesAt(url: string, headers = {}): Promise<Buffer> {
  const response = await fetch(url, { headers })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

t.test('an upload that is sent, and sent again, is on the customer\u2019s phone byte for byte', async (t) => {
  const files: [type: string, bytes: Buffer, name: string][] = [
    ['image', Buffer.concat([FILES.png, randomBytes(400_000)]), 'leak.png'],
    ['document', Buffer.concat([FILES.pdf, randomBytes(3_000_000)]), 'contract.pdf'],
  ]
  for (const [type, bytes, name] of files) {
    const uploadId = await upload(type, bytes, name)
    for (const caption of ['once', 'again']) {
      const { id, status, providerMessageId } = await send({ uploadId, caption })
      t.equal(status, 'SENT')
      const file = `${simulatorUrl}/customers/${CUSTOMER}/chats/${DEMO_PHONE}/messages/${providerMessageId}/file`
      t.ok(bytes.equals(await bytesAt(file)), `${name}, ${caption}`)
      const own = `${stack.urls.api}/api/messages/${id}/media`
      t.ok(bytes.equals(await bytesAt(own, { 'x-api-key': stack.apiKey })), 'the inbox shows the same bytes')
    }
  }
  t.match((await simulator.get(`/customers/${CUSTOMER}/messages`)).body.items.length, 4)
})

t.test('nothing else of the API can be sent as a file', async (t) => {
  const { status, body } = await api.post('/api/v1/outbound/messages', {
    to: `+${CUSTOMER}`,
    intent: 'document',
    mediaUrl: `${stack.urls.api}/metrics`,
  })
  t.match([status, body.error.code], [422, 'MEDIA_URL_REFUSED'])
})
