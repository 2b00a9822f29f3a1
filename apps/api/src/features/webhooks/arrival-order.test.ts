import t from 'tap'
import { createArrivalOrder } from './arrival-order.ts'

t.test('what is ready first waits for what came first', async (t) => {
  const inArrivalOrder = createArrivalOrder()
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>())
  const entered: number[] = []
  const runs = gates.map(({ promise }, n) =>
    inArrivalOrder(
      async () => {
        await promise
        return n
      },
      async (prepared) => entered.push(prepared),
    ),
  )
  gates[2]?.resolve()
  gates[1]?.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(entered, [])
  gates[0]?.resolve()
  const results = await Promise.all(runs)
  t.same(entered, [0, 1, 2])
  t.same(
    results.map(({ prepared }) => prepared),
    [0, 1, 2],
  )
})

t.test('nobody waits for the end of what entered before', async (t) => {
  const inArrivalOrder = createArrivalOrder()
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = inArrivalOrder(
    async () => undefined,
    () => promise,
  )
  const second = await inArrivalOrder(
    async () => undefined,
    async () => 'second',
  )
  t.equal(second.entered, 'second')
  resolve('first')
  t.equal((await first).entered, 'first')
})

t.test('one that fails lets the next one in, and never ahead of who was before both', async (t) => {
  const inArrivalOrder = createArrivalOrder()
  const { promise, resolve } = Promise.withResolvers<void>()
  const entered: string[] = []
  const enter = (name: string) => async () => void entered.push(name)
  const first = inArrivalOrder(() => promise, enter('first'))
  await t.rejects(
    inArrivalOrder(() => Promise.reject(new Error('refused')), enter('never')),
    /refused/,
  )
  const third = inArrivalOrder(async () => undefined, enter('third'))
  const failing = inArrivalOrder(
    async () => undefined,
    () => Promise.reject(new Error('full')),
  )
  await new Promise((done) => setImmediate(done))
  t.same(entered, [])
  resolve()
  await Promise.all([first, third, t.rejects(failing, /full/)])
  t.same(entered, ['first', 'third'])
})
