import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type BrokerAnswer, sent } from './start-broker.ts'
import { startOutbound } from './start-outbound.ts'

const { api, broker, once, queue, read, send, setConnected } = await startOutbound(t)

const MESSAGES = '/api/v1/outbound/messages'
const cancel = (id: string) => api.post(`${MESSAGES}/${id}/cancel`)

t.test('a message whose consent is withdrawn while it waits is not sent', async (t) => {
  const to = '+5511944620001'
  const first = await once(await queue({ to, text: 'who are you?' }), 'SENT')
  t.equal(first.status, 'SENT')
  const { items } = (await api.get('/api/tickets')).body
  const { contact } = items.find((ticket: { contact: { phone: string } }) => ticket.contact.phone === to)
  const say = (status: string) =>
    api.put(`/api/contacts/${contact.id}/consents/marketing`, { status, source: 'form' })

  t.equal((await say('granted')).status, 200)
  await setConnected(false)
  const id = await queue({ to, text: 'an offer', purpose: 'marketing' })
  t.equal((await say('denied')).status, 200)
  await setConnected(true)
  t.match(await once(id, 'FAILED'), { errorCode: 'BLOCKED_BY_POLICY', attemptCount: 0, attempts: [] })
  t.same(broker.callsOf('an offer'), [])

  const again = await send({ to, text: 'another offer', purpose: 'marketing' })
  t.match(again, { status: 422, body: { error: { code: 'BLOCKED_BY_POLICY' } } })
  const audit = await api.get(`/api/audit-events?entityId=${id}&action=BLOCKED_BY_POLICY`)
  t.match(audit.body.items, [{ entityType: 'delivery', entityId: id, actor: 'worker' }])
})

t.test(
  'a message that is cancelled and claimed at once has one fate: cancelled and never sent, or sent',
  async (t) => {
    const fates = { CANCELLED: 0, SENT: 0 }
    for (let n = 0; n < 40; n++) {
      const text = `raced ${n}`
      const id = await queue({ to: `+55119447${String(n).padStart(5, '0')}`, text })
      await sleep(n % 10)
      const answer = await cancel(id)
      if (answer.status === 200) {
        t.match(answer.body, { status: 'CANCELLED' })
        fates.CANCELLED++
      } else {
        t.match(answer, { status: 409, body: { error: { code: 'IMPOSSIBLE_TRANSITION' } } })
        await once(id, 'SENT')
        fates.SENT++
      }
      t.equal(broker.callsOf(text).length, answer.status === 200 ? 0 : 1, `${text}: ${answer.status}`)
    }
    t.comment(`${fates.CANCELLED} were cancelled, ${fates.SENT} were sent`)
  },
)

t.test('a message with the channel is not stopped; one behind it is, for good', async (t) => {
  const to = '+5511944620002'
  const { promise: answer, resolve } = Promise.withResolvers<BrokerAnswer>()
  broker.on('on its way', () => answer)
  const head = await queue({ to, text: 'on its way' })
  const behind = await queue({ to, text: 'taken back' })
  const last = await queue({ to, text: 'behind both' })
  await once(head, 'SENDING')
  t.match(await cancel(head), {
    status: 409,
    body: { error: { code: 'IMPOSSIBLE_TRANSITION', details: { status: 'SENDING' } } },
  })
  t.match(await cancel(behind), { status: 200, body: { status: 'CANCELLED' } })
  resolve(sent())
  await once(head, 'SENT')
  await once(last, 'SENT')
  t.match(await read(behind), { status: 'CANCELLED', attempts: [] })
  t.same(broker.callsOf('taken back'), [])
})

t.test('a key that is used again is the same message, or refused when it says something else', async (t) => {
  const body = { to: '+5511944620003', text: 'said once', idempotencyKey: 'order-1' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(body)))
  t.same(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201])
  const ids = new Set(answers.map((answer) => answer.body.id))
  t.equal(ids.size, 1)
  const [id] = ids
  await once(id, 'SENT')
  t.match(await send(body), { status: 200, body: { id, status: 'SENT' } })
  const other = await send({ ...body, text: 'said otherwise' })
  t.match(other, { status: 409, body: { error: { code: 'IDEMPOTENCY_KEY_MISMATCH' } } })
  t.equal(broker.callsOf('said once').length, 1)
  t.same(broker.callsOf('said otherwise'), [])
})
