import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { SendQueue } from './send-queue.ts'

/** Acts that end when they are told to, and the order in which they began. */
function acts() {
  const began: string[] = []
  const ends = new Map<string, () => void>()
  return {
    began,
    act: (name: string) => () => {
      began.push(name)
      const { promise, resolve } = Promise.withResolvers<string>()
      ends.set(name, () => resolve(name))
      return promise
    },
    end: (name: string) => ends.get(name)?.(),
  }
}

const line = (chat: string, ceiling = 10, instanceId = 'main') => ({ instanceId, chat, ceiling })

test('what goes to one chat runs one after the other, in the order of the calls', async (t) => {
  const { began, act, end } = acts()
  const queue = new SendQueue({ maxWaiting: 10 })
  const all = ['one', 'two', 'three'].map((name) => queue.run(line('ana'), act(name)))
  for (const [index, name] of ['one', 'two', 'three'].entries()) {
    t.equal(began.length, index + 1)
    end(name)
    await all[index]
    // What follows begins after the promises of what went before.
    await turn()
  }
  t.same(began, ['one', 'two', 'three'])
})

test('chats take turns: one with many messages does not hold up the others', async (t) => {
  const { began, act, end } = acts()
  const queue = new SendQueue({ maxWaiting: 10 })
  const first = queue.run(line('ana', 1), act('ana 1'))
  const second = queue.run(line('ana', 1), act('ana 2'))
  const bia = queue.run(line('bia', 1), act('bia 1'))
  end('ana 1')
  await first
  await turn()
  end('bia 1')
  await bia
  await turn()
  end('ana 2')
  await second
  t.same(began, ['ana 1', 'bia 1', 'ana 2'])
})

test('an instance that is slow holds no other', async (t) => {
  const { act, end } = acts()
  const queue = new SendQueue({ maxWaiting: 1 })
  queue.run(line('ana', 1, 'slow'), act('slow 1'))
  queue.run(line('ana', 1, 'slow'), act('slow 2'))
  t.equal(queue.run(line('ana', 1, 'slow'), act('slow 3')), undefined)
  t.same(queue.load('slow'), { running: 1, waiting: 1 })
  const other = queue.run(line('ana', 1, 'other'), act('other'))
  end('other')
  t.equal(await other, 'other')
  await turn()
  t.same(queue.load('other'), { running: 0, waiting: 0 })
})

test('an act that fails makes room for the next one', async (t) => {
  const { act, end } = acts()
  const queue = new SendQueue({ maxWaiting: 10 })
  const failed = queue.run(line('ana', 1), () => Promise.reject(new Error('broken')))
  const next = queue.run(line('ana', 1), act('next'))
  await t.rejects(failed ?? Promise.resolve(), { message: 'broken' })
  await turn()
  end('next')
  t.equal(await next, 'next')
})
