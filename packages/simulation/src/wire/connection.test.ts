import { test } from 'tap'
import { startTestServer } from '../server/test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`

/** Ana and Beto, connected, with the server's side of Ana's connection. */
async function startPair(t: Parameters<typeof startTestServer>[0]) {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  const ana = whatsapp.connect(credentials)
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  const login = whatsapp.server.connections().find(({ device }) => device === credentials.device)
  if (!login) throw new Error('Ana is connected')
  return { whatsapp, ana, beto, connection: login.connection }
}

test('stanzas can be held back and let go in another order, each still readable', async (t) => {
  const { ana, beto, connection } = await startPair(t)
  const held: (() => void)[] = []
  connection.paths.sending = (node, send) => {
    if (node.tag === 'message') held.unshift(() => send(node))
    else send(node)
  }
  await beto.text(jid(ANA), 'first', 'B-1')
  await beto.text(jid(ANA), 'second', 'B-2')
  await beto.acks.reached(2)

  for (const letGo of held) letGo()

  t.match(await ana.texts.reached(2), [
    { id: 'B-2', text: 'second' },
    { id: 'B-1', text: 'first' },
  ])
})

test('a half-open connection takes bytes and answers nothing', async (t) => {
  const { ana, connection } = await startPair(t)
  connection.paths.incoming = () => undefined
  const before = connection.stats.nodesIn

  await t.rejects(
    ana.socket.query(
      { tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns: 'w:p' }, content: [] },
      500,
    ),
  )
  t.ok(connection.stats.nodesIn > before)
  t.ok(connection.open)
  connection.destroy('the test is over')
  await ana.closed
})

test('a server that refuses a login says with which code', async (t) => {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  for (const code of [403, 503]) {
    whatsapp.server.verdicts.login = () => code
    t.equal(await whatsapp.connect(credentials).closed, code)
  }
})
