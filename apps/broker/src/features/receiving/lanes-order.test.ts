import fc from 'fast-check'
import { test } from 'tap'
import { type Lane, Lanes } from './lanes.ts'

const MAX_RUNNING = 3
const CHATS = ['a', 'b', 'c', 'd', 'e', 'f']
const TARGETS = ['http://one', 'http://two']

type Act =
  | { kind: 'event'; chat: string }
  | { kind: 'end'; which: number; how: 'settled' | 'chat' | 'target' }
  | { kind: 'time'; ms: number }

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('event' as const), chat: fc.constantFrom(...CHATS) }),
  fc.record({
    kind: fc.constant('end' as const),
    which: fc.nat(),
    how: fc.constantFrom('settled' as const, 'chat' as const, 'target' as const),
  }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.nat(20_000) }),
)

/** A journal of events that wait, published through the lanes as the publisher does: a batch of two at most. */
function createWorld() {
  const lanes = new Lanes(MAX_RUNNING)
  const waiting = new Map<string, number[]>(CHATS.map((chat) => [chat, []]))
  const published = new Map<string, number[]>(CHATS.map((chat) => [chat, []]))
  const running: Lane[] = []
  let now = 0
  let last = 0

  function end(lane: Lane, how: 'settled' | 'chat' | 'target'): void {
    running.splice(running.indexOf(lane), 1)
    const batch = waiting.get(lane.chatKey)?.slice(0, 2) ?? []
    if (how !== 'settled') return void lanes.fail(lane, how, now)
    waiting.get(lane.chatKey)?.splice(0, batch.length)
    published.get(lane.chatKey)?.push(...batch)
    lanes.finish(lane, batch.length > 0 ? 'settled' : 'empty')
  }
  function pump(): void {
    for (const lane of lanes.take(now).lanes) {
      const target = TARGETS[CHATS.indexOf(lane.chatKey) % TARGETS.length] ?? ''
      if (lanes.aim(lane, target, now)) running.push(lane)
    }
  }

  return {
    ...{ lanes, running, published, waiting },
    act(act: Act): void {
      if (act.kind === 'event') {
        waiting.get(act.chat)?.push(++last)
        lanes.wake({ instanceId: 'main', chatKey: act.chat })
      } else if (act.kind === 'time') now += act.ms
      else {
        const lane = running[act.which % Math.max(1, running.length)]
        if (lane) end(lane, act.how)
      }
      pump()
    },
    /** The webhooks answer from here on. */
    drain(): void {
      for (let rounds = 0; rounds < 10_000 && [...waiting.values()].flat().length > 0; rounds++) {
        for (const lane of [...running]) end(lane, 'settled')
        now += 60_000
        pump()
      }
    },
  }
}

test('whatever fails and however often, every event is published once, in its chat’s order, by one batch at a time', async (t) => {
  fc.assert(
    fc.property(fc.array(anyAct, { maxLength: 80 }), (acts) => {
      const world = createWorld()
      for (const act of acts) {
        world.act(act)
        const chats = world.running.map(({ chatKey }) => chatKey)
        if (new Set(chats).size !== chats.length || chats.length > MAX_RUNNING) return false
      }
      world.drain()
      const left = [...world.waiting.values()].flat().length
      const inOrder = [...world.published.values()].every((ids) =>
        ids.every((id, i) => id > (ids[i - 1] ?? 0)),
      )
      const count = [...world.published.values()].flat().length
      return left === 0 && inOrder && count === acts.filter(({ kind }) => kind === 'event').length
    }),
    { numRuns: 300 },
  )
  t.pass('held')
})
