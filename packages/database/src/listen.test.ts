import { getEventListeners } from 'node:events'
import { createLogger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import t from 'tap'
import { listen } from './listen.ts'
import { createTestDatabase } from './test-database.ts'
import { startDatabaseRelay } from './testing/relay.ts'
import { terminateConnections } from './testing/terminate-connections.ts'

const { db, url } = await createTestDatabase(t)

/** A listener whose calls can be awaited, one by one. */
function startListening(name: string, channels: string[], through = url) {
  const controller = new AbortController()
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const called = (call: string) => {
    calls.push(call)
    for (const resolve of waiting.splice(0)) resolve()
  }
  const ended = listen(channels, {
    url: through,
    name,
    logger: createLogger('test', 'silent'),
    signal: controller.signal,
    onNotification: (channel, payload) => called(`${channel}: ${payload}`),
    onListening: () => called('listening'),
  })
  t.teardown(async () => {
    controller.abort()
    await ended
  })
  return {
    calls,
    signal: controller.signal,
    stop: async () => {
      controller.abort()
      await ended
    },
    until: async (count: number) => {
      while (calls.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return calls
    },
  }
}

const notify = (channel: string, payload: string) => sql`select pg_notify(${channel}, ${payload})`.execute(db)

t.test('what is notified on its channels is told, and nothing else', async (t) => {
  const listener = startListening('plain', ['news', 'Odd "channel'])
  await listener.until(1)
  await notify('news', 'acme')
  await notify('gossip', 'acme')
  await notify('Odd "channel', '')
  t.same(await listener.until(3), ['listening', 'news: acme', 'Odd "channel: '])
})

t.test('a listener whose connection is ended listens again, and is told to look everywhere', async (t) => {
  const listener = startListening('ended', ['news'])
  await listener.until(1)
  t.equal(await terminateConnections(db, 'ended listen'), 1)
  await listener.until(2)
  await notify('news', 'after')
  t.same(await listener.until(3), ['listening', 'listening', 'news: after'])
})

t.test('a listener outlives the absence of PostgreSQL', async (t) => {
  const relay = await startDatabaseRelay(t, url)
  const listener = startListening('away', ['news'], relay.url)
  await listener.until(1)
  await relay.goAway()
  await notify('news', 'nobody hears this')
  await relay.comeBack()
  await listener.until(2)
  await notify('news', 'back')
  t.same(await listener.until(3), ['listening', 'listening', 'news: back'])
})

t.test('however often it reconnects, it leaves nothing behind on the signal', async (t) => {
  const listener = startListening('often', ['news'])
  for (let times = 1; times <= 5; times++) {
    await listener.until(times)
    t.equal(getEventListeners(listener.signal, 'abort').length, 1)
    await terminateConnections(db, 'often listen')
  }
})

t.test('stopped, it holds no connection', async (t) => {
  const listener = startListening('stopped', ['news'])
  await listener.until(1)
  await listener.stop()
  t.equal(await terminateConnections(db, 'stopped listen'), 0)
})
