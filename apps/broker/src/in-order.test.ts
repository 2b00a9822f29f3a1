import { test } from 'tap'
import { createInOrder } from './in-order.ts'

test('acts of one key run one after the other, those of another key do not wait', async (t) => {
  const inOrder = createInOrder()
  const gate = Promise.withResolvers<void>()
  const ran: string[] = []
  const first = inOrder.run('a', async () => {
    await gate.promise
    ran.push('a1')
  })
  const second = inOrder.run('a', async () => ran.push('a2'))
  await inOrder.run('b', async () => ran.push('b1'))
  t.same(ran, ['b1'])
  gate.resolve()
  await Promise.all([first, second])
  t.same(ran, ['b1', 'a1', 'a2'])
})

test('an act that fails does not stop the next one', async (t) => {
  const inOrder = createInOrder()
  const failed = inOrder.run('a', () => Promise.reject(new Error('no')))
  const next = inOrder.run('a', async () => 'yes')
  await t.rejects(failed, { message: 'no' })
  t.equal(await next, 'yes')
})
