import { newId } from '@carteiro/database/new-id'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { anyEvent } from '@carteiro/domain/testing/any-event'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { connectSocket, isChained, openSocket, refusalOf } from '../../testing/connect-socket.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { startRealtime } from './start.ts'

const { app, dependencies, domain, keys, keyWith } = await startApi(t)
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)

const receive = (n: number, text = 'Oi') =>
  receiveMessage(domain, { tenantId: 'acme', phone: `+551195555000${n}`, text })
const { ticketId: one } = await receive(1)
const { ticketId: two } = await receive(2)
const theirs = await receiveMessage(domain, { tenantId: 'other', phone: '+5511955550009', text: 'Oi' })
const connect = (t: Parameters<typeof connectSocket>[0], auth: object = {}) =>
  connectSocket(t, url, { auth: { token: keys.acme, ...auth } })
const tellUser = (userId: string) =>
  commit(domain, async (work) => work.record({ ...anyEvent('acme'), userId }))

t.test('who is in no room hears nothing, and each room brings its own', async (t) => {
  const [nowhere, ticket, instance, user] = await Promise.all([
    connect(t),
    connect(t),
    connect(t),
    connect(t),
  ])
  t.match(await ticket.ask('join-ticket', one), { ok: true, seq: Number })
  t.match(await instance.ask('join-instance', { instanceId: 'acme-phone' }), { ok: true })
  t.match(await user.ask('join-user', { userId: 'ana' }), { ok: true })
  await receive(2, 'not for the first ticket')
  await receive(1, 'for the first ticket')
  await tellUser('ana')
  const last = await ticket.until((heard) => heard.length === 2)
  t.same(
    last.map(({ type, ticketId }) => [type, ticketId]),
    [
      ['messages.new', one],
      ['ticket.message', one],
    ],
  )
  await user.until((heard) => heard.length === 1)
  await instance.until((heard) => heard.some(({ type }) => type.startsWith('whatsapp')))
  t.same(
    instance.heard.map(({ ticketId }) => ticketId ?? null),
    [two, two, one, one, null],
  )
  t.same(nowhere.heard, [])
})

t.test('one event is told once to who is in several of its rooms, and the chain has no hole', async (t) => {
  const { ask, until } = await connect(t)
  const { seq } = await ask('join-ticket', { ticketId: one })
  for (const [command, id] of [
    ['join-instance', 'acme-phone'],
    ['join-ticket', one],
    ['join-tenant', undefined],
  ] as const) {
    t.match(await ask(command, id), { ok: true, seq })
  }
  await receive(1)
  await receive(2)
  const heard = await until((all) => all.length === 4)
  t.equal(heard[0]?.prevSeq, seq)
  t.ok(isChained(heard))
})

t.test('who leaves a room hears no more of it', async (t) => {
  const { ask, until, heard } = await connect(t, { rooms: [`ticket:${one}`, `ticket:${two}`] })
  t.match(await ask('leave-ticket', one), { ok: true })
  await receive(1)
  await receive(2)
  await until((all) => all.length === 2)
  t.same([...new Set(heard.map(({ ticketId }) => ticketId))], [two])
})

t.test('a room is named by a string, an object, or its whole name', async (t) => {
  const { ask } = await connect(t)
  const named: [string, unknown][] = [
    ['join-tenant', undefined],
    ['join-tenant', 'acme'],
    ['join-tenant', { tenantId: 'acme' }],
    ['join-tenant', 'tenant:acme'],
    ['join-ticket', one],
    ['join-ticket', { ticketId: one }],
    ['join-ticket', { id: one }],
    ['join-ticket', `ticket:${one}`],
    ['join-instance', 'acme-phone'],
    ['join-user', 'ana'],
    ['join-user', undefined],
  ]
  for (const [command, argument] of named) {
    t.match(await ask(command, argument), { ok: true, seq: Number }, `${command} ${JSON.stringify(argument)}`)
  }
})

t.test('what is not a room, or not this key\u2019s, is answered with a code and a sentence', async (t) => {
  const { ask } = await connect(t, { token: await keyWith('read') })
  const refused: [string, unknown, string][] = [
    ['join-tenant', 'other', 'TENANT_MISMATCH'],
    ['join-tenant', { tenantId: 'other' }, 'TENANT_MISMATCH'],
    ['join-tenant', 7, 'VALIDATION_ERROR'],
    ['join-ticket', undefined, 'VALIDATION_ERROR'],
    ['join-ticket', 'no uuid', 'VALIDATION_ERROR'],
    ['join-ticket', { ticketId: { $ne: null } }, 'VALIDATION_ERROR'],
    ['join-ticket', ['x'], 'VALIDATION_ERROR'],
    ['join-ticket', newId(), 'NOT_FOUND'],
    ['join-ticket', theirs.ticketId, 'NOT_FOUND'],
    ['join-instance', 'other-phone', 'INSTANCE_NOT_FOUND'],
    ['join-user', 'ana', 'INSUFFICIENT_SCOPE'],
    ['replay', -1, 'VALIDATION_ERROR'],
    ['replay', { lastSeq: '1' }, 'VALIDATION_ERROR'],
    ['replay', 1_000_000, 'SEQ_NOT_REACHED'],
    ['ticket:typing', { ticketId: one, typing: true }, 'NOT_FOUND'],
    ['no-such-command', {}, 'UNKNOWN_COMMAND'],
  ]
  for (const [command, argument, code] of refused) {
    const answer = await ask(command, argument)
    t.match(answer, { ok: false, seq: Number, error: { code, message: /\.$/ } }, `${command} ${argument}`)
  }
})

t.test('a handshake with a wrong number or another tenant\u2019s room is refused', async (t) => {
  const refused: [object, string][] = [
    [{ lastSeq: -1 }, 'VALIDATION_ERROR'],
    [{ lastSeq: 1.5 }, 'VALIDATION_ERROR'],
    [{ lastSeq: 1_000_000 }, 'SEQ_NOT_REACHED'],
    [{ rooms: 'tenant:acme' }, 'VALIDATION_ERROR'],
    [{ rooms: ['street:acme'] }, 'VALIDATION_ERROR'],
    [{ rooms: ['tenant:other'] }, 'TENANT_MISMATCH'],
    [{ rooms: [`ticket:${theirs.ticketId}`] }, 'NOT_FOUND'],
    [{ rooms: Array.from({ length: 1_000 }, () => 'tenant:acme') }, 'VALIDATION_ERROR'],
  ]
  for (const [auth, code] of refused) {
    const error = await refusalOf(openSocket(t, url, { auth: { token: keys.acme, ...auth } }))
    t.match(error.data, { error: { code, message: /\.$/ } }, JSON.stringify(auth).slice(0, 60))
  }
})

t.test('ten thousand joins are all answered, and most of them refused', async (t) => {
  const { ask } = await connect(t)
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, (_, n) => ask('join-user', { userId: `user-${n}` })),
  )
  const codes = Map.groupBy(answers, (answer) => (answer.ok ? 'ok' : answer.error.code))
  const joined = codes.get('ok')?.length ?? 0
  t.ok(joined > 0 && joined <= 200, `${joined} were let in`)
  const refused = (codes.get('RATE_LIMITED')?.length ?? 0) + (codes.get('TOO_MANY_ROOMS')?.length ?? 0)
  t.equal(joined + refused, 10_000)
})

t.test('a connection with a number and no rooms waits for its first join, and is then read to', async (t) => {
  const first = await connect(t, { rooms: ['tenant:acme'] })
  await receive(1)
  const [, { seq: lastSeq } = { seq: 0 }] = await first.until((all) => all.length === 2)
  await receive(2)
  const { ask, until } = await connect(t, { lastSeq })
  const [, joined] = await Promise.all([ask('join-ticket', one), ask('join-ticket', two)])
  t.match(joined, { ok: true, seq: lastSeq })
  const heard = await until((all) => all.length === 2)
  t.same(
    heard.map(({ ticketId }) => ticketId),
    [two, two],
  )
  t.equal(heard[0]?.prevSeq, lastSeq)
})

t.test('a replay brings what a client lost, of all of its rooms', async (t) => {
  const { ask, until, heard } = await connect(t, { rooms: [`ticket:${one}`] })
  await receive(1)
  const [first] = await until((all) => all.length === 2)
  t.match(await ask('replay', { lastSeq: first?.seq }), { ok: true, seq: first?.seq })
  await until((all) => all.length === 3)
  t.same(heard[2], heard[1], 'the same event, and told to come after the same one')
})

t.test('typing is told to the others of the ticket, by every process, and never stored', async (t) => {
  const second = await startSecondApi(t)
  const [typist, beside, elsewhere, apart] = await Promise.all([
    connect(t, { rooms: [`ticket:${one}`] }),
    connect(t, { rooms: [`ticket:${one}`] }),
    connectSocket(t, second, { auth: { token: keys.acme, rooms: [`ticket:${one}`] } }),
    connect(t, { rooms: [`ticket:${two}`] }),
  ])
  t.match(await typist.ask('ticket:typing', { ticketId: one, typing: true }), { ok: true })
  for (const { until } of [beside, elsewhere]) {
    t.match(await until((all) => all.length === 1), [{ type: 'ticket:typing', ticketId: one, typing: true }])
  }
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => typist.ask('ticket:typing', { ticketId: one, typing: true })),
  )
  t.ok(answers.some((answer) => !answer.ok && answer.error.code === 'RATE_LIMITED'))
  await receive(2)
  await apart.until((all) => all.length === 2)
  t.same(
    [typist, apart].flatMap(({ heard }) => heard.filter(({ type }) => type === 'ticket:typing')),
    [],
  )
})

/** Another process on the same database. */
async function startSecondApi(t: Parameters<typeof startApi>[0]): Promise<string> {
  const second = await startApi(t, { database: domain })
  startRealtime(second.dependencies, second.app.server)
  return listen(second.app, '127.0.0.1', 0)
}

t.test(
  'several processes tell the same, and a client goes from one to the other without a loss',
  async (t) => {
    const second = await startSecondApi(t)
    const auth = { token: keys.acme, rooms: ['tenant:acme'] }
    const here = await connectSocket(t, url, { auth })
    const there = await connectSocket(t, second, { auth })
    await receive(1, 'both')
    await here.until((all) => all.length === 2)
    await there.until((all) => all.length === 2)
    t.same(there.heard, here.heard)
    here.socket.close()
    await receive(1, 'away')
    const moved = await connectSocket(t, second, { auth: { ...auth, lastSeq: here.heard.at(-1)?.seq } })
    await moved.until((all) => all.length === 2)
    await there.until((all) => all.length === 4)
    t.same([...here.heard, ...moved.heard], there.heard)
  },
)
