import { test } from 'tap'
import { guardFrames } from './guard-frames.ts'
import { type Held, HeldLeases } from './held-leases.ts'

const claimed = (instanceId: string) => ({ instanceId, generation: '1', name: instanceId, from: null })

function holdOnClock() {
  const clock = { now: 0 }
  const expired: string[] = []
  const held = new HeldLeases({
    now: () => clock.now,
    onExpired: ({ instanceId }: Held) => expired.push(instanceId),
  })
  return { clock, expired, held }
}

test('a process that slept longer than its leases last finds them gone at the first look', async (t) => {
  const { clock, expired, held } = holdOnClock()
  const [a, b] = [held.add(claimed('a'), 60_000), held.add(claimed('b'), 90_000)]
  clock.now = 59_999
  t.equal(held.current('a'), a)
  clock.now = 60_000
  t.equal(held.current('a'), undefined)
  t.ok(a.signal.aborted)
  t.same(expired, ['a'])
  t.equal(held.current('b'), b, 'its own time is not over')
  held.drop(b)
})

test('a renewal counts from when it was asked for, and for the lease that it was asked for alone', async (t) => {
  const { clock, held } = holdOnClock()
  const old = held.add(claimed('a'), 10_000)
  held.renew([old], 20_000)
  clock.now = 15_000
  t.ok(held.isCurrent(old))
  t.ok(held.drop(old))
  t.notOk(held.drop(old))
  const next = held.add({ ...claimed('a'), generation: '2' }, 16_000)
  held.renew([old], 99_000)
  clock.now = 16_000
  t.notOk(held.isCurrent(next))
  t.equal(held.size, 0)
})

test('a lease that nobody renews ends by itself', async (t) => {
  const ended = Promise.withResolvers<Held>()
  const held = new HeldLeases({ now: () => performance.now(), onExpired: ended.resolve })
  const lease = held.add(claimed('a'), performance.now() + 20)
  t.equal(await ended.promise, lease)
  t.ok(lease.signal.aborted)
})

test('no frame leaves once the lease is lost, and whoever sent it is told', async (t) => {
  const left: unknown[] = []
  const socket = {
    send(frame: string, callback: (error?: Error) => void) {
      left.push(frame)
      callback()
    },
  }
  let isOurs = true
  const refused: Error[] = []
  guardFrames(
    { ws: { socket } },
    () => (isOurs ? undefined : 'it is not ours'),
    (error) => refused.push(error),
  )
  const send = (frame: string) =>
    new Promise<Error | undefined>((resolve) => void socket.send(frame, resolve))
  t.equal(await send('one'), undefined)
  isOurs = false
  t.match(await send('two'), { message: /it is not ours/ })
  t.same(left, ['one'])
  t.match(refused, [{ message: /it is not ours/ }])
  t.throws(() => guardFrames({ ws: {} }, () => undefined))
})
