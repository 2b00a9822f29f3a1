import { terminateConnections } from '@carteiro/database/testing/terminate-connections'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { connectSocket, isChained, type logged, openSocket, refusalOf } from '../../testing/connect-socket.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { startRealtime } from './start.ts'

const api = await startApi(t)
const { app, dependencies, domain, keys, keyWith } = api
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)
const whole = (tenantId: 'acme' | 'other') => ({
  auth: { token: keys[tenantId], rooms: [`tenant:${tenantId}`] },
})

const receive = (tenantId: string, text: string) =>
  receiveMessage(domain, { tenantId, phone: '+5511955550001', text })
const texts = (heard: Parameters<typeof logged>[0]) =>
  heard.filter(({ type }) => type === 'messages.new').map(({ message }) => Object(message).text)

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
    const error = await refusalOf(openSocket(t, url, options))
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
  for (const options of ways) t.ok((await connectSocket(t, url, options)).socket.connected)
})

t.test(
  'a message is told once to everyone of its tenant, with its place in the log, and to nobody else',
  async (t) => {
    const [ours, alsoOurs, theirs] = await Promise.all([
      connectSocket(t, url, whole('acme')),
      connectSocket(t, url, whole('acme')),
      connectSocket(t, url, whole('other')),
    ])
    const saved = await receive('acme', 'Oi!')
    await ours.until((heard) => texts(heard).includes('Oi!'))
    await alsoOurs.until((heard) => texts(heard).includes('Oi!'))
    t.match(
      ours.heard.find(({ type }) => type === 'messages.new'),
      {
        tenantId: 'acme',
        ticketId: saved.ticketId,
        occurredAt: /^\d{4}-\d\d-\d\dT.*Z$/,
        message: { id: saved.messageId, text: 'Oi!', direction: 'inbound' },
      },
    )

    await receive('other', 'for other')
    await theirs.until((heard) => texts(heard).includes('for other'))
    await receive('acme', 'second')
    await ours.until((heard) => heard.at(-1)?.type === 'ticket.message' && texts(heard).includes('second'))
    t.same(texts(ours.heard), ['Oi!', 'second'], 'each once')
    t.ok(isChained(ours.heard))
    t.same(alsoOurs.heard.slice(0, 4), ours.heard.slice(0, 4))
    t.notMatch(JSON.stringify(theirs.heard), /acme|Oi!|second/)
  },
)

t.test(
  'fifty messages are told in order, without a gap, also when the API\u2019s connections are ended',
  async (t) => {
    const { heard, until } = await connectSocket(t, url, whole('acme'))
    const written = Array.from({ length: 50 }, (_, n) => `message ${n}`)
    for (const [n, text] of written.entries()) {
      await receive('acme', text)
      if (n % 20 === 10) await terminateConnections(domain.db, 'api%')
    }
    await until(() => texts(heard).length === 50)
    t.same(texts(heard), written)
    t.ok(isChained(heard))
    t.equal(new Set(heard.map(({ seq }) => seq)).size, heard.length)
  },
)

t.test('who was away hears what was missed, once and in order, then what is new', async (t) => {
  const first = await connectSocket(t, url, whole('other'))
  await receive('other', 'before')
  await first.until((heard) => heard.at(-1)?.type === 'ticket.message')
  const lastSeq = first.heard.at(-1)?.seq
  first.socket.close()
  await receive('other', 'while away')
  const auth = { ...whole('other').auth, lastSeq }
  const second = await connectSocket(t, url, { auth })
  await receive('other', 'back')
  await second.until((heard) => texts(heard).includes('back'))
  t.same(texts(second.heard), ['while away', 'back'])
  t.equal(second.heard[0]?.prevSeq, lastSeq)
  t.ok(isChained(second.heard))
  t.same(texts(first.heard), ['before'])
})
