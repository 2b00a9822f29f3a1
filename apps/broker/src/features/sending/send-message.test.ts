import { t, test } from 'tap'
import { messageId } from './message-id.ts'
import { startTestSender } from './test-sender.ts'

const { db, setUp } = await startTestSender(t)

test('a send is answered sent after the acknowledgement, and a repeated key gets that answer', async (t) => {
  const { line, send } = await setUp('sent')
  const first = await send('k')
  t.match(first, { kind: 'answered', replayed: false, response: { status: 'sent', ack: 2 } })
  const again = await send('k')
  t.match(again, { kind: 'answered', replayed: true })
  t.same('response' in again && again.response, 'response' in first && first.response)
  t.same(line.stanzas, [messageId('sent', 'k')])
})

test('the same key at the same time sends once, and both get the answer', async (t) => {
  const { line, send } = await setUp('at-once')
  const [one, two] = await Promise.all([send('k'), send('k')])
  t.match([one, two], [{ replayed: false }, { replayed: true }])
  t.equal(line.stanzas.length, 1)
})

test('a key that was used for another message is refused, in flight and afterwards', async (t) => {
  const { send } = await setUp('mismatch')
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
    const { line, send } = await setUp(`refused-${code}`)
    line.answer = () => ({ error: code })
    t.same(await send('k'), { kind: 'refused', code })
    line.answer = () => ({})
    t.match(await send('k', 'another text'), { kind: 'answered', response: { status: 'sent' } })
  })
}

test('without an acknowledgement the answer is pending; a late one turns it into sent', async (t) => {
  const { line, send, late } = await setUp('pending')
  line.answer = () => undefined
  t.match(await send('k'), { kind: 'answered', response: { status: 'pending', ack: 1 } })
  line.ack(messageId('pending', 'k'), {})
  await late()
  t.match(await send('k'), { kind: 'answered', replayed: true, response: { status: 'sent', ack: 2 } })
  t.equal(line.stanzas.length, 1)
})

test('a pending message that is asked for again goes out again under the same id', async (t) => {
  const { line, send } = await setUp('again')
  line.answer = () => undefined
  await send('k')
  line.answer = () => ({})
  t.match(await send('k'), { kind: 'answered', response: { status: 'sent' } })
  t.same(line.stanzas, [messageId('again', 'k'), messageId('again', 'k')])
})

test('a send whose process died is sent again under the same id', async (t) => {
  const { line, send } = await setUp('died')
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
  const { send, disconnect, ledger } = await setUp('offline')
  await send('known')
  disconnect()
  t.same(await send('new'), { kind: 'disconnected' })
  t.equal(await ledger.find('offline', 'new'), undefined)
  t.match(await send('known'), { kind: 'answered', replayed: true })
})

test('a connection that closes before the stanza is out leaves the key free', async (t) => {
  const { line, send, ledger } = await setUp('closed')
  line.relayMessage = () =>
    Promise.reject(Object.assign(new Error('Connection Closed'), { output: { statusCode: 428 } }))
  t.same(await send('k'), { kind: 'disconnected' })
  t.equal(await ledger.find('closed', 'k'), undefined)
})

test('messages of one recipient leave in the order of the requests', async (t) => {
  const { line, send } = await setUp('order')
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
  await Promise.all(keys.map((key) => send(key)))
  t.same(
    line.stanzas,
    keys.map((key) => messageId('order', key)),
  )
})

test('what was sent can be given to a phone that asks for it again, and is sealed until then', async (t) => {
  const { send, ledger } = await setUp('retry')
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
  const { line, send, sender } = await setUp('stopping')
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
