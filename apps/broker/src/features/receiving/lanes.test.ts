import { test } from 'tap'
import { type Lane, Lanes } from './lanes.ts'

const chat = (chatKey: string, instanceId = 'main') => ({ instanceId, chatKey })
const names = (lanes: Lane[]) => lanes.map((lane) => lane.chatKey)
const only = (lanes: Lane[]): Lane => {
  const [lane] = lanes
  if (!lane || lanes.length !== 1) throw new Error(`${lanes.length} lanes`)
  return lane
}

test('one chat is published by one batch at a time, several chats at once up to the bound', async (t) => {
  const lanes = new Lanes(2)
  for (const key of ['a', 'b', 'c', 'a']) lanes.wake(chat(key))
  const [first] = lanes.take(0).lanes
  t.same(names(lanes.take(0).lanes), [])
  t.equal(lanes.running, 2)
  if (first) lanes.finish(first, 'empty')
  t.same(names(lanes.take(0).lanes), ['c'])
})

test('a chat that was served goes behind the others', async (t) => {
  const lanes = new Lanes(1)
  lanes.wake(chat('a'))
  lanes.wake(chat('b'))
  lanes.finish(only(lanes.take(0).lanes), 'settled')
  t.same(names(lanes.take(0).lanes), ['b'])
})

test('an event that comes while the journal is read for its chat is not forgotten', async (t) => {
  const lanes = new Lanes(1)
  lanes.wake(chat('a'))
  const lane = only(lanes.take(0).lanes)
  lanes.wake(chat('a'))
  lanes.finish(lane, 'empty')
  t.same(names(lanes.take(0).lanes), ['a'])
})

test('a webhook that fails is asked by one chat at a time until it answers', async (t) => {
  const lanes = new Lanes(8)
  for (const key of ['a', 'b', 'c']) lanes.wake(chat(key))
  const running = lanes.take(0).lanes
  for (const lane of running) t.ok(lanes.aim(lane, 'http://api', 0))
  for (const lane of running) lanes.fail(lane, 'target', 0, 500)
  const { lanes: none, nextAt } = lanes.take(0)
  t.same(none, [])
  t.ok(nextAt !== undefined && nextAt >= 500)
  const probe = only(lanes.take(nextAt ?? 0).lanes)
  lanes.finish(probe, 'settled')
  t.equal(lanes.take(nextAt ?? 0).lanes.length, 3)
})

test('another webhook does not wait with it, and a chat that fails alone holds up nobody', async (t) => {
  const lanes = new Lanes(8)
  for (const [key, instance] of [
    ['a', 'one'],
    ['b', 'one'],
    ['c', 'two'],
  ] as const)
    lanes.wake(chat(key, instance))
  for (const lane of lanes.take(0).lanes) {
    lanes.aim(lane, `http://${lane.instanceId}`, 0)
    if (lane.chatKey === 'a') lanes.fail(lane, 'chat', 0, 1_000)
    else lanes.finish(lane, 'settled')
  }
  const second = lanes.take(0).lanes
  t.same(names(second), ['b', 'c'])
  for (const lane of second) {
    if (lane.chatKey === 'b') lanes.fail(lane, 'target', 0, 1_000)
    else lanes.finish(lane, 'settled')
  }
  t.same(names(lanes.take(0).lanes), ['c'])
})
