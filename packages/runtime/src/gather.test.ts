import { mock } from 'node:test'
import t from 'tap'
import { gather } from './gather.ts'

t.test('what is asked while a run is under way goes together into the next one', async (t) => {
  const runs: number[][] = []
  const double = gather(
    async (items: number[]) => {
      runs.push(items)
      await new Promise((resolve) => setImmediate(resolve))
      return items.map((item) => item * 2)
    },
    { maxItems: 3 },
  )
  t.same(await Promise.all([1, 2, 3, 4, 5].map(double)), [2, 4, 6, 8, 10])
  t.same(runs, [[1], [2, 3, 4], [5]])
  t.equal(await double(6), 12)
})

t.test(
  'after a run for several the next one waits for more, and after a run for one alone it does not',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const runs: number[][] = []
    const ask = gather(
      async (items: number[]) => {
        runs.push(items)
        return items
      },
      { maxItems: 10, companyMs: 2 },
    )
    await ask(1)
    await Promise.all([2, 3, 4].map(ask))
    const later = ask(5)
    await new Promise(setImmediate)
    t.same(runs, [[1], [2, 3, 4]])
    const last = ask(6)
    mock.timers.tick(2)
    await Promise.all([later, last])
    t.same(runs.at(-1), [5, 6])
    const alone = ask(7)
    await new Promise(setImmediate)
    t.same(runs.at(-1), [5, 6])
    mock.timers.tick(2)
    await alone
    t.equal(await ask(8), 8)
  },
)

t.test('one that cannot be done fails no other', async (t) => {
  const ask = gather(
    async (items: string[]) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (items.includes('bad')) throw new Error('refused')
      return items
    },
    { maxItems: 10 },
  )
  const results = await Promise.allSettled(['first', 'good', 'bad', 'also good'].map(ask))
  t.match(results, [
    { value: 'first' },
    { value: 'good' },
    { status: 'rejected', reason: { message: 'refused' } },
    { value: 'also good' },
  ])
  t.equal(await ask('after'), 'after')
})

t.test('a run that gives too few results fails', async (t) => {
  const ask = gather(async () => [], { maxItems: 10 })
  await t.rejects(ask('any'), /one result for each item/)
})
