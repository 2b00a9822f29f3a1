import { EventEmitter } from 'node:events'
import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import type { Jid } from '@carteiro/contracts/jid'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createGuardedFetch } from '@carteiro/runtime/guarded-fetch'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import type { WASocket } from '@whiskeysockets/baileys'
import { type Test, t, test } from 'tap'
import type { Reach } from '../../reach.ts'
import { createReport } from '../../report.ts'
import { createFindMessage } from './find-message.ts'
import { messageId } from './message-id.ts'
import { SendLedger } from './send-ledger.ts'
import { Sender } from './send-message.ts'
import { type Ack, createAcks } from './wait-for-ack.ts'

const { db } = await createTestDatabase(t)
const guardedFetch = createGuardedFetch({ allowedHosts: [] })
t.teardown(() => guardedFetch.close())
const report = createReport({
  logger: createLogger('test', 'silent'),
  registry: createRegistry(),
  countWaiting: async () => 0,
})

/**
 * WhatsApp's server as far as a send sees it. The simulator acknowledges everything: refusals are played
 * here.
 */
class Line {
  readonly ws = new EventEmitter()
  readonly user = { id: '5511900000000@s.whatsapp.net' }
  readonly waUploadToServer = () => Promise.reject(new Error('no media here'))
  readonly signalRepository = {
    lidMapping: { getLIDForPN: (jid: string) => Promise.resolve(jid.replace('@s.whatsapp.net', ':0@lid')) },
  }
  readonly stanzas: string[] = []
  answer: (id: string) => Record<string, string> | undefined = () => ({})

  relayMessage = async (_jid: string, _content: unknown, { messageId: id }: { messageId: string }) => {
    this.stanzas.push(id)
    this.ack(id, this.answer(id))
  }

  ack(id: string, attrs: Record<string, string> | undefined): void {
    if (attrs) this.ws.emit('CB:ack,class:message', { tag: 'ack', attrs: { id, class: 'message', ...attrs } })
  }
}

interface Given {
  settings?: { ceiling?: number; typing?: boolean }
  reachOf?: (jid: Jid) => Reach
  sendTimeoutMs?: number
}

async function setUp(_t: Test, instanceId: string, given: Given = {}) {
  const { settings = {}, reachOf, sendTimeoutMs } = given
  await db.insertInto('broker.instance').values({ id: instanceId, tenant_id: 'demo', name: 'n' }).execute()
  const line = new Line()
  let socket: WASocket | undefined = line as unknown as WASocket
  const ledger = new SendLedger(db, createSeal(Buffer.alloc(32)))
  const settledLate: Promise<void>[] = []
  const settleLate = async (instance: string, id: string, ack: Ack) => {
    await ledger.settleLate(instance, id, ack)
  }
  const acks = createAcks((instance, id, ack) => settledLate.push(settleLate(instance, id, ack)))
  acks.listen(instanceId, line as unknown as WASocket)
  const sender = new Sender({
    socket: () => socket,
    reach: async (_id, _socket, jid) => reachOf?.(jid) ?? { kind: 'reachable', jid },
    settings: async () => settings,
    limits: { ceiling: 8, maxWaiting: 30 },
    findMessage: createFindMessage(db, ledger),
    guardedFetch,
    maxMediaBytes: 1_000,
    onSent: () => undefined,
    ackTimeoutMs: 20,
    ...(sendTimeoutMs === undefined ? {} : { sendTimeoutMs }),
    ...{ ledger, acks, settleLate, report },
  })
  const send = (idempotencyKey: string, text = 'hello', to = '+5511988887777') => {
    const message: BrokerOutboundMessage = { to, type: 'text', message: text }
    return sender.send({ instanceId, idempotencyKey, message })
  }
  return {
    line,
    ledger,
    sender,
    send,
    acks,
    late: () => Promise.all(settledLate),
    disconnect: () => {
      socket = undefined
    },
  }
}

test('a send is answered sent after the acknowledgement, and a repeated key gets that answer', async (t) => {
  const { line, send } = await setUp(t, 'sent')
  const first = await send('k')
  t.match(first, { kind: 'answered', replayed: false, response: { status: 'sent', ack: 2 } })
  const again = await send('k')
  t.match(again, { kind: 'answered', replayed: true })
  t.same('response' in again && again.response, 'response' in first && first.response)
  t.same(line.stanzas, [messageId('sent', 'k')])
})

test('the same key at the same time sends once, and both get the answer', async (t) => {
  const { line, send } = await setUp(t, 'at-once')
  const [one, two] = await Promise.all([send('k'), send('k')])
  t.match([one, two], [{ replayed: false }, { replayed: true }])
  t.equal(line.stanzas.length, 1)
})

test('a key that was used for another message is refused, in flight and afterwards', async (t) => {
  const { send } = await setUp(t, 'mismatch')
  const [, other] = await Promise.all([send('k', 'one'), send('k', 'two')])
  t.same(other, { kind: 'key_mismatch' })
  t.same(await send('k', 'two'), { kind: 'key_mismatch' })
  t.match(
    await send('k', 'one', '5511 98888-7777'),
    { kind: 'answered', replayed: true },
    'same phone, other spelling',
  )
})

for (const code of ['463', '429', '500']) {
  test(`WhatsApp's refusal ${code} is told, and the key may be used again`, async (t) => {
    const { line, send } = await setUp(t, `refused-${code}`)
    line.answer = () => ({ error: code })
    t.same(await send('k'), { kind: 'refused', code })
    line.answer = () => ({})
    t.match(await send('k', 'another text'), { kind: 'answered', response: { status: 'sent' } })
  })
}

test('without an acknowledgement the answer is pending; a late one turns it into sent', async (t) => {
  const { line, send, late } = await setUp(t, 'pending')
  line.answer = () => undefined
  t.match(await send('k'), { kind: 'answered', response: { status: 'pending', ack: 1 } })
  line.ack(messageId('pending', 'k'), {})
  await late()
  t.match(await send('k'), { kind: 'answered', replayed: true, response: { status: 'sent', ack: 2 } })
  t.equal(line.stanzas.length, 1)
})

test('a pending message that is asked for again goes out again under the same id', async (t) => {
  const { line, send } = await setUp(t, 'again')
  line.answer = () => undefined
  await send('k')
  line.answer = () => ({})
  t.match(await send('k'), { kind: 'answered', response: { status: 'sent' } })
  t.same(line.stanzas, [messageId('again', 'k'), messageId('again', 'k')])
})

test('a send whose process died is sent again under the same id', async (t) => {
  const { line, send } = await setUp(t, 'died')
  await send('k')
  await db
    .updateTable('broker.send_ledger')
    .set({ state: 'sending', answer: null })
    .where('instance_id', '=', 'died')
    .execute()
  t.match(await send('k'), { kind: 'answered', response: { status: 'sent', id: messageId('died', 'k') } })
  t.equal(line.stanzas.length, 2)
})

test('not connected, nothing is sent and nothing remembered; a known key is answered all the same', async (t) => {
  const { send, disconnect, ledger } = await setUp(t, 'offline')
  await send('known')
  disconnect()
  t.same(await send('new'), { kind: 'disconnected' })
  t.equal(await ledger.find('offline', 'new'), undefined)
  t.match(await send('known'), { kind: 'answered', replayed: true })
})

test('a connection that closes before the stanza is out leaves the key free', async (t) => {
  const { line, send, ledger } = await setUp(t, 'closed')
  line.relayMessage = () =>
    Promise.reject(Object.assign(new Error('Connection Closed'), { output: { statusCode: 428 } }))
  t.same(await send('k'), { kind: 'disconnected' })
  t.equal(await ledger.find('closed', 'k'), undefined)
})

test('messages of one recipient leave in the order of the requests', async (t) => {
  const { line, send } = await setUp(t, 'order')
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
  await Promise.all(keys.map((key) => send(key)))
  t.same(
    line.stanzas,
    keys.map((key) => messageId('order', key)),
  )
})

test('what was sent can be given to a phone that asks for it again, and is sealed until then', async (t) => {
  const { send, ledger } = await setUp(t, 'retry')
  await send('k', 'a secret')
  const id = messageId('retry', 'k')
  t.match(await ledger.content('retry', id), { extendedTextMessage: { text: 'a secret' } })
  const row = await db
    .selectFrom('broker.send_ledger')
    .select('content')
    .where('wa_message_id', '=', id)
    .executeTakeFirstOrThrow()
  t.notOk(row.content?.includes('a secret'))
})

test('a broker that stops lets sends end: who still waits for WhatsApp hears pending, new sends are refused', async (t) => {
  const { line, send, sender } = await setUp(t, 'stopping')
  const out = Promise.withResolvers<void>()
  line.answer = () => {
    out.resolve()
    return undefined
  }
  const sent = send('k')
  await out.promise
  const stopped = sender.stop(0)
  t.same(await send('late'), { kind: 'stopping' })
  t.match(await sent, { kind: 'answered', response: { status: 'pending' } })
  await stopped
})

test('a recipient who is not on WhatsApp is told so, and nothing is remembered of the key', async (t) => {
  const { line, send, ledger } = await setUp(t, 'nobody', { reachOf: () => ({ kind: 'unreachable' }) })
  t.same(await send('k'), { kind: 'not_on_whatsapp' })
  t.same(line.stanzas, [])
  t.equal(await ledger.find('nobody', 'k'), undefined)
})

test('a message goes where WhatsApp addresses the recipient, and its answer says so', async (t) => {
  const { send } = await setUp(t, 'elsewhere', {
    reachOf: () => ({ kind: 'reachable', jid: { kind: 'phone', digits: '551188887777' } }),
  })
  t.match(await send('k'), { response: { to: { jid: '551188887777@s.whatsapp.net' } } })
})

test('no more are handed over at a time than the instance may, and too many are told to come again', async (t) => {
  const { line, send, sender } = await setUp(t, 'ceiling', { settings: { ceiling: 2 } })
  const open = Promise.withResolvers<void>()
  let atOnce = 0
  const { relayMessage } = line
  line.relayMessage = async (jid, content, options) => {
    atOnce += 1
    await open.promise
    await relayMessage(jid, content, options)
  }
  const sends = Array.from({ length: 40 }, (_, index) => send(`k${index}`, 'x', `55119888800${10 + index}`))
  const refused = await Promise.race(sends)
  t.same(refused, { kind: 'busy' })
  t.same(sender.load('ceiling'), { running: 2, waiting: 30 })
  open.resolve()
  const outcomes = await Promise.all(sends)
  t.equal(outcomes.filter(({ kind }) => kind === 'busy').length, 8)
  t.equal(outcomes.filter(({ kind }) => kind === 'answered').length, 32)
  t.equal(atOnce, 32)
})

test('a send that takes too long is told so, and its key finds its end', async (t) => {
  const { line, send } = await setUp(t, 'slow', { sendTimeoutMs: 200 })
  const open = Promise.withResolvers<void>()
  const { relayMessage } = line
  line.relayMessage = async (jid, content, options) => {
    await open.promise
    await relayMessage(jid, content, options)
  }
  t.same(await send('k'), { kind: 'timeout' })
  const again = send('k')
  open.resolve()
  t.match(await again, { kind: 'answered', replayed: true, response: { status: 'sent' } })
})
