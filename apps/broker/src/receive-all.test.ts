import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'
import type { TestEvent } from './test-webhook.ts'

const CUSTOMER = '5511988887777'
const MEMBER = '5511977776666'

const { broker, connect, ask, customerWrites, database, simulator, socket, webhook } = await startTestBroker(
  t,
  {
    OFFLINE_GAP_SECONDS: '1',
  },
)
await connect('main')

const play = async <Body>(path: string, body: object, method = 'POST') => {
  const answer = await call<Body>(simulator.url + path, method, body)
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function toldWhen(fits: (event: TestEvent) => boolean): Promise<TestEvent> {
  await webhook.until(() => webhook.taken.some(fits))
  const event = webhook.taken.find(fits)
  if (!event) throw new Error('told, and not there')
  return event
}
const told = (id: string) => toldWhen((event) => event.id === id)
const toldOf = (type: string) => webhook.taken.filter((event) => event.type === type)

/** The account's own phone writes. */
const phoneWrites = (text: string, id: string) =>
  play(`/customers/${ACCOUNT}/chats/${CUSTOMER}/messages`, { text, id })

async function whileAway(act: () => Promise<void>): Promise<void> {
  await ask('POST', '/instances/main/disconnect')
  await act()
  await ask('POST', '/instances/main/connect')
}

test('what the account’s own phone writes is told as ours', async (t) => {
  await phoneWrites('from the phone', 'OWN1')
  t.match(await told('OWN1'), {
    type: 'MESSAGE_OUTBOUND',
    payload: { contact: { phone: `+${CUSTOMER}` }, message: { text: 'from the phone' } },
  })
})

test('what this broker sent is not told, also when its answer never came', async (t) => {
  const send = { instanceId: 'main', idempotencyKey: 'a key', waMessageId: '3EB0ECHO' }
  await broker.ledger.begin({ ...send, requestHash: Buffer.alloc(32), content: { conversation: 'sent' } })
  await phoneWrites('sent', '3EB0ECHO')
  await phoneWrites('typed', 'OWN2')
  await told('OWN2')
  t.notOk(webhook.taken.some(({ id }) => id === '3EB0ECHO'))
})

test('a message that cannot be opened is told, and then itself, when its phone has written it again', async (t) => {
  await customerWrites(CUSTOMER, { text: 'readable', id: 'READABLE' })
  await told('READABLE')
  await play('/faults', { phone: ACCOUNT, fault: { type: 'garbled' } })
  await customerWrites(CUSTOMER, { text: 'garbled', id: 'GARBLED' })
  t.match(await told('GARBLED:undecryptable'), { payload: { message: { id: 'GARBLED' } } })
  t.match(await told('GARBLED'), { payload: { message: { text: 'garbled' } } })
})

test('a call is told when it rings and when it ends', async (t) => {
  const { id } = await play<{ id: string }>(`/customers/${CUSTOMER}/calls`, { to: ACCOUNT, video: true })
  t.match(await told(`call:${id}:offer`), {
    type: 'CALL_RECEIVED',
    payload: { callId: id, phone: `+${CUSTOMER}`, status: 'offer', isVideo: true },
  })
  await play(`/customers/${CUSTOMER}/calls`, { to: ACCOUNT, id, event: 'timeout' })
  t.match(await told(`call:${id}:timeout`), { payload: { callId: id, status: 'timeout' } })
})

test('a group is told when it is made, renamed, and when members come', async (t) => {
  const body = { subject: 'Family', creator: CUSTOMER, members: [ACCOUNT] }
  const { jid: group } = await play<{ jid: string }>('/groups', body)
  const ofGroup = (facts: object) =>
    toldWhen(
      ({ type, payload }) =>
        type === 'GROUP_UPDATED' &&
        Object.entries({ jid: group, ...facts }).every(
          ([name, value]) => Reflect.get(payload, name) === value,
        ),
    )
  t.match(await ofGroup({ change: 'created' }), { payload: { subject: 'Family', size: 2 } })
  await play(`/groups/${group}`, { by: CUSTOMER, subject: 'The family' }, 'PATCH')
  await ofGroup({ change: 'changed', subject: 'The family' })
  await play(`/groups/${group}/members`, { by: CUSTOMER, change: 'add', phones: [MEMBER] })
  t.match(await ofGroup({ change: 'add' }), {
    payload: { by: { lid: /^\d+@lid$/ }, members: [{ phone: `+${MEMBER}` }] },
  })

  const writes = (text: string, id: string) =>
    play(`/customers/${MEMBER}/chats/${group}/messages`, { text, id, pushName: 'Bia' })
  await writes('one', 'IN-GROUP-1')
  await writes('two', 'IN-GROUP-2')
  await told('IN-GROUP-2')
  const named = () =>
    toldOf('CONTACT_UPDATED').filter(({ payload }) => Reflect.get(payload, 'pushName') === 'Bia')
  await webhook.until(() => named().length > 0)
  t.equal(named().length, 1, 'her name is told once, however much she writes')
})

test('a LID and a phone that turn out to be one person are told', async (t) => {
  await play(`/customers/${MEMBER}/profile`, { to: ACCOUNT })
  t.match(await toldWhen(({ type }) => type === 'LID_MAPPING'), {
    payload: { phone: `+${MEMBER}`, lid: /^\d+@lid$/ },
  })
})

test('who has read and played what the phone sent is told, in a group by member', async (t) => {
  await play(`/customers/${ACCOUNT}/chats/${CUSTOMER}/messages`, { type: 'voice', id: 'VOICE' })
  await told('VOICE:status:3')
  await play(`/customers/${CUSTOMER}/chats/${ACCOUNT}/played`, { ids: ['VOICE'] })
  await told('VOICE:status:5')
  const body = { subject: 'Work', creator: CUSTOMER, members: [ACCOUNT, MEMBER] }
  const { jid: group } = await play<{ jid: string }>('/groups', body)
  await play(`/customers/${ACCOUNT}/chats/${group}/messages`, { text: 'to all', id: 'TO-ALL' })
  const ofMembers = (what: string) =>
    webhook.until(() => webhook.taken.filter(({ id }) => id.startsWith(`TO-ALL:${what}:`)).length === 2)
  await ofMembers('delivered')
  for (const phone of [CUSTOMER, MEMBER]) {
    await play(`/customers/${phone}/chats/${group}/read`, { ids: ['TO-ALL'] })
  }
  await ofMembers('read')
  const ofVoice = webhook.taken.flatMap(({ id }) => (id.startsWith('VOICE') ? [id] : []))
  t.same(ofVoice, ['VOICE', 'VOICE:status:3', 'VOICE:status:5'], 'in their order')
})

test('the thousand names of an address book are told in few requests', async (t) => {
  const before = webhook.attempts.length
  const contacts = Array.from({ length: 1_000 }, (_, index) => ({
    id: `55118000${String(index).padStart(5, '0')}@s.whatsapp.net`,
    name: `Contact ${index}`,
  }))
  // The simulator has no address book to synchronize: Baileys' event is given here.
  socket('main').ev.emit('contacts.upsert', contacts)
  socket('main').ev.emit('contacts.upsert', contacts)
  const named = () => toldOf('CONTACT_UPDATED').filter(({ payload }) => Reflect.get(payload, 'name'))
  await webhook.until(() => named().length >= contacts.length)
  t.same(
    named().map(({ payload }) => Reflect.get(payload, 'name')),
    contacts.map(({ name }) => name),
  )
  t.ok(webhook.attempts.length - before < 50, `${webhook.attempts.length - before} requests`)
})

test('receipts keep their place among the messages of a chat that WhatsApp spells by LID', async (t) => {
  await play(`/customers/${MEMBER}`, { addressing: 'lid' }, 'PATCH')
  await customerWrites(MEMBER, { text: 'by LID', id: 'BY-LID' })
  await told('BY-LID')
  const lid = (await call<{ lid: string }>(`${simulator.url}/customers/${MEMBER}`, 'GET')).body.lid
  await play(`/customers/${ACCOUNT}/chats/${MEMBER}/messages`, { text: 'ours', id: 'TO-LID' })
  socket('main').ev.emit('messages.update', [
    { key: { remoteJid: `${lid}@lid`, id: 'TO-LID', fromMe: true }, update: { status: 4 } },
  ])
  t.match(await told('TO-LID:status:4'), {
    payload: { raw: { updates: [{ key: { remoteJidAlt: `${MEMBER}@s.whatsapp.net` } }] } },
  })
  const lanes = await database.db
    .selectFrom('broker.journal')
    .select('chat_key')
    .where('event_id', 'in', ['BY-LID', 'TO-LID', 'TO-LID:status:4'])
    .execute()
  t.same(new Set(lanes.map((row) => row.chat_key)), new Set([`+${MEMBER}`]))
})

test('what came while the instance was away is told in order, as backfilled', async (t) => {
  await whileAway(async () => {
    await customerWrites(CUSTOMER, { text: 'one', id: 'AWAY-1' })
    await phoneWrites('two', 'AWAY-2')
    await customerWrites(CUSTOMER, { text: 'three', id: 'AWAY-3' })
  })
  await told('AWAY-3')
  const away = webhook.taken.filter(({ id }) => /^AWAY-\d$/.test(id))
  t.match(
    away.map(({ id, type, payload }) => [id, type, payload.metadata?.backfilled]),
    [
      ['AWAY-1', 'MESSAGE_INBOUND', true],
      ['AWAY-2', 'MESSAGE_OUTBOUND', true],
      ['AWAY-3', 'MESSAGE_INBOUND', true],
    ],
  )
  t.same(toldOf('INSTANCE_GAP'), [])
})

test('when less comes than WhatsApp had kept, the gap is told', async (t) => {
  await play('/faults', { phone: ACCOUNT, fault: { type: 'lost-offline' } })
  await whileAway(async () => {
    await customerWrites(CUSTOMER, { text: 'lost', id: 'LOST' })
    await customerWrites(CUSTOMER, { text: 'kept', id: 'KEPT' })
  })
  t.match(await toldWhen(({ type }) => type === 'INSTANCE_GAP'), {
    payload: { from: /^20/, to: /^20/, expected: 2, seen: 1 },
  })
  t.notOk(webhook.taken.some(({ id }) => id === 'LOST'))
  const metrics = await (await fetch(`${broker.address}/metrics`)).text()
  t.match(metrics, /whatsapp_broker_gaps_total 1/)

  await whileAway(async () => undefined)
  t.match(await told('LOST'), { payload: { message: { text: 'lost' } } })
})
