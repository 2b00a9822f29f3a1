import { test } from 'tap'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `M-${from + index}`)

test('what was written while a client was away comes in order when it is back, with its number', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const credentials = await whatsapp.link(BETO)
  const beto = whatsapp.connect(credentials)
  await Promise.all([ana.opened, beto.opened])
  await ana.text(jid(BETO), 'hello', 'BEFORE')
  await beto.texts.reached(1)
  await beto.goAway()
  await whatsapp.ended.reached(1)

  const ids = numbered(0, 150)
  for (const id of ids) await ana.text(jid(BETO), id, id)
  await ana.acks.reached(ids.length + 1)
  const back = whatsapp.connect(credentials)
  const texts = await back.texts.reached(ids.length)

  t.same(
    texts.map(({ id }) => id),
    ids,
  )
  t.same(await back.offline.reached(1), [ids.length])
  await ana.text(jid(BETO), 'after', 'AFTER')
  t.match((await back.texts.reached(ids.length + 1)).at(-1), { id: 'AFTER' })
})

test('only what a client did not confirm comes again', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const credentials = await whatsapp.link(BETO)
  const beto = whatsapp.connect(credentials)
  await Promise.all([ana.opened, beto.opened])
  await ana.text(jid(BETO), 'confirmed', 'CONFIRMED')
  await ana.updates.until(({ key }) => key.id === 'CONFIRMED')

  const { connection } =
    whatsapp.server.connections().find(({ device }) => device === credentials.device) ?? {}
  if (!connection) throw new Error('Beto is connected')
  connection.paths.outgoing = () => undefined
  await ana.text(jid(BETO), 'lost on the way', 'LOST')
  await ana.acks.reached(2)
  connection.destroy('cut')
  await beto.closed

  const back = whatsapp.connect(credentials)
  t.same(await back.texts.reached(1), [{ id: 'LOST', chat: jid(ANA), text: 'lost on the way' }])
  t.same(await back.offline.reached(1), [1])
})
