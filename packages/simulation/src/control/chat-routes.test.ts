import { type Test, test } from 'tap'
import { startTestSimulator, type TestSimulator } from '../test-simulator.ts'

const ANA = '5511888880001'
const BIA = '5511888880002'
const chatOf = (own: string, other: string) => `/customers/${own}/chats/${other}`

/** Reads a path until it says what it should. */
async function until(t: Test, simulator: TestSimulator, path: string, wanted: object): Promise<void> {
  const own = path.split('/')[2] ?? ''
  const events = await fetch(`${simulator.url}/phones/${own}/events`)
  for await (const _change of events.body ?? []) {
    const found = await simulator.get(path)
    if (matches(found, wanted)) break
  }
  t.match(await simulator.get(path), wanted)
}

function matches(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted
  if (typeof found !== 'object' || found === null) return false
  return Object.entries(wanted).every(([name, value]) => matches(Reflect.get(found, name), value))
}

test('two people write to each other, and see ticks and what is unread', async (t) => {
  const simulator = await startTestSimulator(t)
  const { status, body } = await simulator.post(`${chatOf(ANA, BIA)}/messages`, { text: 'Oi!', id: 'OI' })
  t.same({ status, body }, { status: 202, body: { id: 'OI', to: BIA } })

  await until(t, simulator, `/customers/${BIA}/chats`, {
    items: [{ chat: ANA, kind: 'person', unread: 1, last: { id: 'OI', mine: false } }],
  })
  await until(t, simulator, `${chatOf(ANA, BIA)}/messages`, { items: [{ status: 'delivered', mine: true }] })

  t.equal((await simulator.post(`${chatOf(BIA, ANA)}/read`)).status, 204)
  await until(t, simulator, `${chatOf(ANA, BIA)}/messages`, { items: [{ status: 'read' }] })
  t.match(await simulator.get(`/customers/${BIA}/chats`), { items: [{ unread: 0 }] })
})

test('typing shows on the other phone until it ends', async (t) => {
  const simulator = await startTestSimulator(t)
  await simulator.get(`/customers/${BIA}`)
  await simulator.post(`${chatOf(ANA, BIA)}/typing`, { typing: true })
  await until(t, simulator, `/customers/${BIA}/chats`, { items: [{ chat: ANA, typing: { 0: ANA } }] })
  await simulator.post(`${chatOf(ANA, BIA)}/typing`, { typing: false })
  await until(t, simulator, `/customers/${BIA}/chats`, { items: { length: 0 } })
})

test('the file of a message is given out byte by byte, and nothing of it runs in a browser', async (t) => {
  const simulator = await startTestSimulator(t)
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  const file = { base64: Buffer.from(svg).toString('base64'), mimetype: 'image/svg+xml' }
  await simulator.post(`${chatOf(ANA, BIA)}/messages`, { type: 'image', file, id: 'FILE' })
  await until(t, simulator, `/customers/${BIA}/chats`, { items: [{ unread: 1 }] })

  const answer = await fetch(`${simulator.url}${chatOf(BIA, ANA)}/messages/FILE/file`)
  t.equal(await answer.text(), svg)
  t.match(Object.fromEntries(answer.headers), {
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'x-content-type-options': 'nosniff',
  })
  t.match((await simulator.call('GET', `${chatOf(BIA, ANA)}/messages/NONE/file`)).body, {
    error: { code: 'MESSAGE_WITHOUT_MEDIA' },
  })
})

test('a group is made, written into, and changed by its admin alone', async (t) => {
  const simulator = await startTestSimulator(t)
  const carla = '5511888880003'
  const made = await simulator.post('/groups', { subject: 'Friends', creator: ANA, members: [BIA] })
  t.match(made, { status: 201, body: { subject: 'Friends', creator: ANA } })
  const jid = String(made.body.jid)
  t.match(await simulator.get('/groups'), { items: [{ jid }] })

  await simulator.post(`${chatOf(ANA, jid)}/messages`, { text: 'Welcome', id: 'HI' })
  await until(t, simulator, `/customers/${BIA}/chats`, {
    items: [{ chat: jid, kind: 'group', name: 'Friends', unread: 1 }],
  })
  await simulator.post(`${chatOf(BIA, jid)}/read`)
  await until(t, simulator, `${chatOf(ANA, jid)}/messages`, { items: [{ status: 'read' }] })

  const change = `/groups/${jid}/members`
  t.match((await simulator.post(change, { by: BIA, change: 'add', phones: [carla] })).body, {
    error: { code: 'INVALID_TO' },
  })
  const added = await simulator.post(change, { by: ANA, change: 'add', phones: [carla, BIA] })
  t.match(added.body, { members: { length: 3 }, failed: [{ phone: BIA, code: 409 }] })
  t.match((await simulator.post(`${chatOf('5511888880009', jid)}/messages`, { text: 'hello?' })).body, {
    error: { code: 'INVALID_TO' },
  })
})
