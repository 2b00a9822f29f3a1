import { t, test } from 'tap'
import { startTestSender } from './test-sender.ts'

const { setUp } = await startTestSender(t)

test('a recipient who is not on WhatsApp is told so, and nothing is remembered of the key', async (t) => {
  const { line, send, ledger } = await setUp('nobody', { reachOf: () => ({ kind: 'unreachable' }) })
  t.same(await send('k'), { kind: 'not_on_whatsapp' })
  t.same(line.stanzas, [])
  t.equal(await ledger.find('nobody', 'k'), undefined)
})

test('a message goes where WhatsApp addresses the recipient, and its answer says so', async (t) => {
  const { send } = await setUp('elsewhere', {
    reachOf: () => ({ kind: 'reachable', jid: { kind: 'phone', digits: '551188887777' } }),
  })
  t.match(await send('k'), { response: { to: { jid: '551188887777@s.whatsapp.net' } } })
})

test('no more are handed over at a time than the instance may, and too many are told to come again', async (t) => {
  const { line, send, sender } = await setUp('ceiling', { settings: { ceiling: 2 } })
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
  const { line, send } = await setUp('slow', { sendTimeoutMs: 200 })
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
