import { readFileSync } from 'node:fs'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import { anyEvent } from '@carteiro/domain/testing/any-event'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { startRealtime } from '../apps/api/src/features/realtime/start.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import { startReadingRelay } from '../apps/api/src/testing/start-reading-relay.ts'
import { followEvents } from '../docs/examples/follow-events.ts'

const { app, db, dependencies, domain, keys, keyWith } = await startApi(t)
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)
const rooms = ['tenant:acme']
const write = (mark: string) => commit(domain, async (work) => work.record(anyEvent('acme', mark)))

/** The example's client, with what it was told. */
function follow(to: string, token: string, lastSeq?: number) {
  const told: object[] = []
  const waiting: (() => void)[] = []
  const tell = (one: object) => {
    told.push(one)
    for (const resolve of waiting.splice(0)) resolve()
  }
  const { socket, close } = followEvents({
    ...{ url: to, token, rooms },
    ...(lastSeq === undefined ? {} : { lastSeq }),
    onEvent: (_type, event) => tell(event),
    onTruncated: tell,
    onRefused: (error) => tell({ refused: error.message }),
  })
  t.teardown(close)
  return {
    socket,
    told,
    until: async (count: number) => {
      while (told.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return told
    },
  }
}

t.test('the example is sixty lines', async (t) => {
  const text = readFileSync(new URL('../docs/examples/follow-events.ts', import.meta.url), 'utf8')
  t.ok(text.trimEnd().split('\n').length <= 60)
})

t.test('the example\u2019s client goes on where its connection ended, and takes nothing twice', async (t) => {
  const relay = await startReadingRelay(url)
  t.teardown(relay.close)
  const { socket, until } = follow(relay.url, keys.acme, 0)
  await write('first')
  await until(1)
  for (const mark of ['second', 'third']) {
    relay.cut()
    await write(mark)
  }
  socket.emit('replay', { lastSeq: 0 })
  await write('fourth')
  t.match(
    await until(4),
    ['first', 'second', 'third', 'fourth'].map((instanceId, n) => ({ seq: n + 1, instanceId })),
  )
})

t.test('it begins with what happens from now on when it has no number', async (t) => {
  const { socket, until } = follow(url, keys.acme)
  await new Promise((resolve) => socket.once('ready', resolve))
  await write('new')
  t.match(await until(1), [{ instanceId: 'new' }])
})

t.test('it says when the server will not have it', async (t) => {
  t.match(await follow(url, 'a wrong key of some length').until(1), [{ refused: /living API key/ }])
  t.match(await follow(url, keys.acme, 1_000_000).until(1), [{ refused: /newest event/ }])
  const token = await keyWith('read')
  const { socket, until } = follow(url, token)
  await new Promise((resolve) => socket.once('ready', resolve))
  const { id } = await db
    .selectFrom('api_key')
    .select('id')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  await revokeKey({ db }, { tenantId: 'acme', id, actor: 'test' })
  t.match(await until(1), [{ refused: /living API key/ }])
})
