import t, { test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const CUSTOMER = '5511987650301'

const broker = await startTestBroker(t)
await broker.connect('main')

const { url } = broker.simulator
const write = (body: object) =>
  call(`${url}/customers/${CUSTOMER}/messages`, 'POST', { to: ACCOUNT, ...body })
const isTold = (id: string) => broker.webhook.taken.some((event) => event.id === id)

test('a reaction that cannot be opened at first takes no message’s place, a text does', async (t) => {
  await write({ text: 'first', id: 'FIRST' })
  await broker.webhook.until(() => isTold('FIRST'))
  const garble = { phone: ACCOUNT, fault: { type: 'garbled' } }
  for (const body of [
    { type: 'reaction', message: { id: 'FIRST' }, emoji: '👍', id: 'ACT' },
    { text: 'second', id: 'SECOND' },
  ]) {
    await call(`${url}/faults`, 'POST', garble)
    await write(body)
    await broker.webhook.until(() => isTold(body.id))
  }
  t.ok(isTold('SECOND:undecryptable'))
  t.notOk(isTold('ACT:undecryptable'))
})
