import { connect } from '@carteiro/database/connect'
import { listen } from '@carteiro/database/listen'
import { startDatabaseRelay } from '@carteiro/database/testing/relay'
import { terminateConnections } from '@carteiro/database/testing/terminate-connections'
import t, { type Test } from 'tap'
import { anyEvent } from '../testing/any-event.ts'
import { startDomain } from '../testing/start-domain.ts'
import { followEvents } from './follow.ts'
import { EVENT_CHANNEL } from './notify.ts'
import { readLastSeq, type StoredEvent } from './read.ts'
import { commit } from './unit-of-work.ts'

const domain = await startDomain(t)

const write = (tenantId: string, count = 1) =>
  commit(domain, async (work) => {
    for (let n = 0; n < count; n++) work.record(anyEvent(tenantId))
  })

/** A follower of its own connection, as an API process has it, with what it heard. */
function startFollower(t: Test, name: string, url = domain.url) {
  const connection = connect({ url, logger: domain.logger, name, maxConnections: 2 })
  const heard: StoredEvent[] = []
  const waiting: (() => void)[] = []
  const follower = followEvents({
    db: connection.db,
    logger: domain.logger,
    onEvent: (event) => {
      heard.push(event)
      for (const resolve of waiting.splice(0)) resolve()
    },
  })
  const controller = new AbortController()
  const { promise: listening, resolve: onListening } = Promise.withResolvers<void>()
  const ended = listen([EVENT_CHANNEL], {
    url,
    name,
    logger: domain.logger,
    signal: controller.signal,
    onNotification: (_channel, tenantId) => follower.wake(tenantId),
    onListening: () => {
      follower.wakeAll()
      onListening()
    },
  })
  t.teardown(async () => {
    controller.abort()
    await ended
    await follower.stop()
    await connection.close()
  })
  const seqsOf = (tenantId: string) =>
    heard.filter((event) => event.tenantId === tenantId).map(({ seq }) => seq)
  return {
    follower,
    listening,
    seqsOf,
    until: async (tenantId: string, count: number) => {
      while (seqsOf(tenantId).length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return seqsOf(tenantId)
    },
  }
}

const from = (start: number, count: number) => Array.from({ length: count }, (_, n) => start + n + 1)

t.test('a follower hears every event once and in order, from where it began', async (t) => {
  await write('acme', 3)
  const start = await readLastSeq(domain.db, 'acme')
  const { follower, listening, until } = startFollower(t, 'in order')
  await listening
  t.equal(await follower.follow('acme'), start, 'what was before is not told again')
  await Promise.all(Array.from({ length: 10 }, (_, n) => write('acme', n)))
  t.same(await until('acme', 45), from(start, 45))
})

t.test('more events than fit on a page are told all', async (t) => {
  const { follower, listening, until } = startFollower(t, 'pages')
  await listening
  const start = await follower.follow('acme')
  await write('acme', 1_201)
  t.same(await until('acme', 1_201), from(start, 1_201))
})

t.test('a follower whose every connection is ended misses and repeats nothing', async (t) => {
  const { follower, listening, until } = startFollower(t, 'ended')
  await listening
  const start = await follower.follow('acme')
  for (let round = 1; round <= 4; round++) {
    await write('acme', 2)
    t.ok((await terminateConnections(domain.db, 'ended%')) > 0)
    await write('acme', 3)
    await until('acme', round * 5)
  }
  t.same(await until('acme', 20), from(start, 20))
})

t.test('a follower outlives the absence of PostgreSQL', async (t) => {
  const relay = await startDatabaseRelay(t, domain.url)
  const { follower, listening, until } = startFollower(t, 'away', relay.url)
  await listening
  const start = await follower.follow('acme')
  await relay.goAway()
  await write('acme', 5)
  follower.wake('acme')
  await relay.comeBack()
  t.same(await until('acme', 5), from(start, 5))
})

t.test('a lost notification delays an event, and no more', async (t) => {
  const { follower, until } = startFollower(t, 'poll')
  const start = await follower.follow('other')
  const silent = { ...domain, notifier: { notify: () => undefined, stop: async () => undefined } }
  await commit(silent, async (work) => {
    work.record(anyEvent('other'))
  })
  t.same(await until('other', 1), [start + 1])
})

t.test('only what is followed is told, until the last of its followers goes', async (t) => {
  const { follower, listening, until, seqsOf } = startFollower(t, 'two')
  await listening
  const [first, second] = await Promise.all([follower.follow('acme'), follower.follow('acme')])
  t.equal(first, second)
  follower.unfollow('acme')
  await write('other')
  await write('acme')
  await until('acme', 1)
  follower.unfollow('acme')
  await write('acme')
  const start = await follower.follow('acme')
  await write('acme')
  t.same(await until('acme', 2), [first + 1, start + 1], 'who comes later begins where the log then ends')
  t.same(seqsOf('other'), [])
})
