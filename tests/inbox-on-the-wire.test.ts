import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { EmittedEvent } from '@carteiro/contracts/event'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { DEMO_PHONE } from '../scripts/stack/link-instance.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const CUSTOMER = '5511987654321'
const INSTANCE = '/api/integrations/whatsapp/instances/demo-phone'

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-presence-'))
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
const api = createApiClient(stack.urls.api, stack.apiKey)
const simulator = createApiClient(stack.urls.simulator ?? '')
const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(async () => {
  socket.close()
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})
const heard: EmittedEvent<'ticket.message'>[] = []
socket.on('ticket.message', (event) => heard.push(event))
await new Promise<void>((resolve, reject) => {
  socket.once('ready', resolve)
  socket.once('connect_error', reject)
})

/** Looks again until it is so: a phone tells nobody what it shows. */
async function until<Found>(look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await pause(50)
  }
}

const chat = `/customers/${CUSTOMER}/chats/${DEMO_PHONE}`

/** The customer writes. @returns the message as it came to us, once its phone knows that it did */
async function write(text: string) {
  const { id } = (await simulator.post(`${chat}/messages`, { text })).body
  const told = await until(() => heard.find(({ message }) => message.providerMessageId === id))
  // Its delivery receipt goes a way of its own.
  await until(async () => !['pending', 'sent'].includes((await ticks())[text] ?? 'sent') || undefined)
  return told
}

/** What became of the customer's messages, as its phone shows it, by text. */
async function ticks(): Promise<Record<string, string>> {
  const { items } = (await simulator.get(`${chat}/messages`)).body
  const own = items.filter(({ mine }: { mine: boolean }) => mine)
  return Object.fromEntries(own.map((one: { text: string; status: string }) => [one.text, one.status]))
}

const types = async (): Promise<boolean> => {
  const { items } = (await simulator.get(`/customers/${CUSTOMER}/chats`)).body
  return items.some((one: { typing: string[] }) => one.typing.includes(DEMO_PHONE))
}

t.test(
  'what an operator has read, and nothing else, has blue ticks on the customer\u2019s phone',
  async (t) => {
    const { ticketId } = await write('first')
    await write('second')
    t.equal((await api.post(`/api/tickets/${ticketId}/read`)).status, 204)
    await until(async () => (await ticks()).second === 'read' || undefined)
    await write('third')
    t.match(await ticks(), { first: 'read', second: 'read', third: 'delivered' })
  },
)

t.test('what was read while WhatsApp was away is told when it is back', async (t) => {
  const { ticketId } = await write('fourth')
  await simulator.post('/link/cut')
  await until(async () => (await api.get(INSTANCE)).body.connected === false || undefined)
  t.equal((await api.post(`/api/tickets/${ticketId}/read`)).status, 204)
  t.match(await ticks(), { fourth: 'delivered' })
  await simulator.post('/link/restore')
  await until(async () => (await ticks()).fourth === 'read' || undefined)
  t.equal((await ticks()).third, 'read')
})

t.test('an instance without receipts tells the customer nothing', async (t) => {
  const settings = (readReceipts: boolean | null) =>
    api.patch(INSTANCE, { settings: { broker: { readReceipts } } })
  t.equal((await settings(false)).status, 200)
  const { ticketId } = await write('fifth')
  t.equal((await api.post(`/api/tickets/${ticketId}/read`)).status, 204)
  // The account's own phone is told all the same.
  const own = `/customers/${DEMO_PHONE}/chats/${CUSTOMER}/messages`
  await until(async () => {
    const { items } = (await simulator.get(own)).body
    return items.find((one: { text: string; read: boolean }) => one.text === 'fifth' && one.read)
  })
  t.equal((await ticks()).fifth, 'delivered')
  await settings(null)
})

t.test('an answer that quotes is shown with its quote, on the phone and in the inbox', async (t) => {
  const { ticketId, message: question } = await write('how much?')
  const payload = { text: 'twenty', quotedMessageId: question.id }
  const sent = await api.post(`/api/tickets/${ticketId}/messages`, { payload, idempotencyKey: 'answer-1' })
  t.equal(sent.status, 202)
  const shown = await until(async () => {
    const { items } = (await simulator.get(`${chat}/messages`)).body
    return items.find((one: { text: string }) => one.text === 'twenty')
  })
  t.equal(shown.quotedId, question.providerMessageId)
  const { id } = (await simulator.post(`${chat}/messages`, { text: 'too much', quoted: { id: shown.id } }))
    .body
  const reply = await until(() => heard.find(({ message }) => message.providerMessageId === id))
  t.match(reply.message.quoted, { id: sent.body.messageId, direction: 'outbound', text: 'twenty' })
  t.match((await api.get(`/api/messages/${sent.body.messageId}`)).body, { quoted: { id: question.id } })
})

t.test(
  'an operator who types is shown where the instance says so, until it stops or is silent',
  async (t) => {
    const { ticketId } = await write('sixth')
    await socket.emitWithAck('join-ticket', ticketId)
    const type = (typing: boolean) => socket.emitWithAck('ticket:typing', { ticketId, typing })
    t.equal((await api.patch(INSTANCE, { settings: { broker: { typing: true } } })).status, 200)
    t.match(await type(true), { ok: true })
    await until(async () => (await types()) || undefined)
    // Nothing more is told: after 10 s it is shown no longer.
    await until(async () => !(await types()) || undefined)
    t.match(await type(true), { ok: true })
    await until(async () => (await types()) || undefined)
    t.match(await type(false), { ok: true })
    await until(async () => !(await types()) || undefined)
  },
)
