import type { EmittedEvent } from '@carteiro/contracts/event'
import { terminateConnections } from '@carteiro/database/testing/terminate-connections'
import { listen } from '@carteiro/runtime/http-server'
import { io, type Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { startRealtime } from './start.ts'

const api = await startApi(t)
const { app, dependencies, domain, keys, keyWith } = api
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)

const open = (t: Test, options: object): Socket => {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options })
  t.teardown(() => socket.close())
  return socket
}

/** A socket that is let in, with what it hears. */
async function connect(t: Test, options: object) {
  const socket = open(t, options)
  const heard: EmittedEvent<'messages.new'>[] = []
  const waiting: (() => void)[] = []
  socket.on('messages.new', (event: EmittedEvent<'messages.new'>) => {
    heard.push(event)
    for (const resolve of waiting.splice(0)) resolve()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    socket,
    heard,
    until: async (count: number) => {
      while (heard.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return heard
    },
  }
}

const refusal = (socket: Socket) =>
  new Promise<Error & { data?: unknown }>((resolve, reject) => {
    socket.once('connect_error', resolve)
    socket.once('connect', () => reject(new Error('the socket was let in')))
  })

const receive = (tenantId: string, text: string) =>
  receiveMessage(domain, { tenantId, phone: '+5511955550001', text })

t.test('no key, no socket', async (t) => {
  const wrong = [
    {},
    { auth: {} },
    { auth: { token: '' } },
    { auth: { token: 'a wrong key of some length' } },
    { auth: { token: { $ne: null } } },
    { auth: { token: await keyWith('send', 'webhook') } },
  ]
  for (const options of wrong) {
    const error = await refusal(open(t, options))
    t.match(
      error.data,
      { error: { code: 'INVALID_API_KEY', message: /scope read/ } },
      JSON.stringify(options),
    )
  }
})

t.test('a key is taken from auth.token or from a header', async (t) => {
  const ways = [
    { auth: { token: keys.acme } },
    { extraHeaders: { 'x-api-key': keys.acme } },
    { extraHeaders: { authorization: `Bearer ${keys.acme}` } },
    { auth: { token: await keyWith('read') } },
  ]
  for (const options of ways) t.ok((await connect(t, options)).socket.connected)
})

t.test(
  'a message is told once to everyone of its tenant, with its place in the log, and to nobody else',
  async (t) => {
    const [ours, alsoOurs, theirs] = await Promise.all([
      connect(t, { auth: { token: keys.acme } }),
      connect(t, { auth: { token: keys.acme } }),
      connect(t, { auth: { token: keys.other } }),
    ])
    const everything: string[] = []
    theirs.socket.onAny((name, event) => everything.push(`${name} ${JSON.stringify(event)}`))

    const saved = await receive('acme', 'Oi!')
    const [event] = await ours.until(1)
    await alsoOurs.until(1)
    t.match(event, {
      tenantId: 'acme',
      ticketId: saved.ticketId,
      occurredAt: /^\d{4}-\d\d-\d\dT.*Z$/,
      message: { id: saved.messageId, text: 'Oi!', direction: 'inbound' },
    })
    t.equal(event?.prevSeq, (event?.seq ?? 0) - 1)
    t.same(alsoOurs.heard, ours.heard)

    await receive('other', 'for other')
    await theirs.until(1)
    await receive('acme', 'second')
    await ours.until(2)
    t.same(
      ours.heard.map(({ message }) => message.text),
      ['Oi!', 'second'],
      'each once',
    )
    t.ok(everything.length > 0)
    t.notMatch(everything.join('\n'), /acme|Oi!|second/)
  },
)

t.test(
  'fifty messages are told in order, without a gap, also when the API\u2019s connections are ended',
  async (t) => {
    const { socket, heard, until } = await connect(t, { auth: { token: keys.acme } })
    const seqs: [prevSeq: number, seq: number][] = []
    socket.onAny((_name, { prevSeq, seq }) => seqs.push([prevSeq, seq]))
    const texts = Array.from({ length: 50 }, (_, n) => `message ${n}`)
    for (const [n, text] of texts.entries()) {
      await receive('acme', text)
      if (n % 20 === 10) await terminateConnections(domain.db, 'api%')
    }
    await until(50)
    t.same(
      heard.map(({ message }) => message.text),
      texts,
    )
    for (const [n, [prevSeq]] of seqs.entries()) if (n > 0) t.equal(prevSeq, seqs[n - 1]?.[1])
  },
)

t.test('who left hears nothing, and who comes back hears what is new', async (t) => {
  const first = await connect(t, { auth: { token: keys.other } })
  first.socket.close()
  await receive('other', 'while away')
  const second = await connect(t, { auth: { token: keys.other } })
  await receive('other', 'back')
  await second.until(1)
  t.same(
    second.heard.map(({ message }) => message.text),
    ['back'],
  )
  t.same(first.heard, [])
})
