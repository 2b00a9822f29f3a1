import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { io } from 'socket.io-client'
import t from 'tap'
import { createApiClient } from '../scripts/stack/api-client.ts'
import { startStack } from '../scripts/stack/start-stack.ts'

const GREETING = 'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.'
const SERVICE = 'How can I help you today?'
const NAME = 'May I know your full name, please?'
const NATIONALITY = 'What is your nationality?'

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'carteiro-flow-'))
const stack = await startStack({ dataDirectory, ports: 'free', simulator: true })
const api = createApiClient(stack.urls.api, stack.apiKey)
const phones = createApiClient(stack.urls.simulator ?? '')
t.teardown(async () => {
  await stack.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
const socket = io(stack.urls.api, { transports: ['websocket'], auth })
t.teardown(() => socket.close())
await new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve)
  socket.once('connect_error', reject)
})

/** The flow that everybody begins with, turned on. */
const { definition } = (await api.get('/api/v1/flow')).body
const written = await api.put('/api/v1/flow', { ...definition, enabled: true })
t.equal(written.status, 201)
const HANDOFF: string = definition.handoff.text

const write = (phone: string, text: string) => phones.post(`/customers/${phone}/messages`, { text })

const shown = async (phone: string): Promise<{ text: string }[]> =>
  (await phones.get(`/customers/${phone}/messages`)).body.items ?? []

/** What a phone shows, once it shows so many messages: looked at whenever a message of ours goes on. */
async function untilShown(phone: string, count: number): Promise<string[]> {
  for (;;) {
    const moved = new Promise((resolve) => socket.once('message.status.changed', resolve))
    const items = await shown(phone)
    if (items.length >= count) return items.map(({ text }) => text)
    await moved
  }
}

const ticketOf = async (phone: string) => {
  const { items } = (await api.get('/api/tickets?limit=200')).body
  return items.find((ticket: { contact: { phone: string } }) => ticket.contact.phone === `+${phone}`)
}

t.test(
  'a customer is greeted once, asked for service, name and nationality, and handed to a person',
  async (t) => {
    const phone = '5511988880001'
    const talk: [text: string, answers: string[]][] = [
      ['Hello', [GREETING, SERVICE]],
      ['I need a family visa', [NAME]],
      ['Maria da Silva', [NATIONALITY]],
      ['Brazilian', [HANDOFF]],
    ]
    const expected: string[] = []
    for (const [text, answers] of talk) {
      expected.push(...answers)
      await write(phone, text)
      t.same(await untilShown(phone, expected.length), expected, text)
    }
    const { id } = await ticketOf(phone)
    const activities = (await api.get(`/api/activities?ticketId=${id}&type=TICKET_HANDED_OFF`)).body.items
    t.match(activities, [{ details: { reason: 'answered', knownFields: [/./, /./, /./, /./] } }])

    // What is written after the hand-off is a person's to answer: the next customer's answers come, and none here.
    await write(phone, 'maria@example.com, tomorrow morning')
    const next = '5511988880002'
    await write(next, 'Hi')
    t.same(await untilShown(next, 2), [GREETING, SERVICE])
    t.same(
      (await shown(phone)).map(({ text }) => text),
      expected,
    )
  },
)

t.test(
  'what the first message says is not asked, and a webhook that is delivered twice is answered once',
  async (t) => {
    const phone = '5511988880003'
    const event = {
      id: 'wamid-first-message',
      type: 'MESSAGE_INBOUND',
      instanceId: stack.instanceId,
      timestamp: '2024-05-02T13:05:00.000Z',
      payload: {
        contact: { phone: `+${phone}` },
        message: { conversation: 'I want a family visa, my name is Maria da Silva' },
        metadata: { broker: 'baileys' },
      },
    }
    const broker = createApiClient(stack.urls.api, stack.brokerKey)
    const post = () => broker.post('/api/integrations/whatsapp/webhook', event)
    const answers = await Promise.all([post(), post()])
    t.same(
      answers.map(({ status }) => status),
      [202, 202],
    )
    t.same(await untilShown(phone, 2), [GREETING, NATIONALITY])
    t.equal((await post()).status, 202)
    await write(phone, 'Brazilian')
    t.same(await untilShown(phone, 3), [GREETING, NATIONALITY, HANDOFF])
  },
)

t.test('once a person writes, the flow is silent', async (t) => {
  const phone = '5511988880004'
  await write(phone, 'Hello')
  t.same(await untilShown(phone, 2), [GREETING, SERVICE])
  const { id } = await ticketOf(phone)
  const payload = { intent: 'text', text: 'I am Joe. What is it about?' }
  await api.post(`/api/tickets/${id}/messages`, { payload, idempotencyKey: 'a person writes' })
  t.same(await untilShown(phone, 3), [GREETING, SERVICE, payload.text])
  await write(phone, 'I need a family visa')
  await write(phone, 'STOP')
  t.match(await untilShown(phone, 4), [GREETING, SERVICE, payload.text, /START/])
  const { contact } = await ticketOf(phone)
  t.match((await api.get(`/api/contacts/${contact.id}/consents/marketing`)).body, { status: 'denied' })
})
