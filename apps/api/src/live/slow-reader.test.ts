import { commit } from '@carteiro/domain/events/unit-of-work'
import { anyEvent } from '@carteiro/domain/testing/any-event'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { startRealtime } from '../features/realtime/start.ts'
import { connectSocket, isChained, logged } from '../testing/connect-socket.ts'
import { readStream } from '../testing/read-stream.ts'
import { startApi } from '../testing/start-api.ts'
import { startReadingRelay } from '../testing/start-reading-relay.ts'

const MAX_PENDING_KB = 64
const { app, dependencies, domain, keys } = await startApi(t, {
  env: { REALTIME_MAX_PENDING_KB: String(MAX_PENDING_KB) },
})
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)
const auth = { token: keys.acme, rooms: ['tenant:acme'] }

const EVENTS = 240
const EVENT_BYTES = 96 * 1024
/** Far more than the system's own buffers take. */
const writeMany = async () => {
  for (let n = 0; n < EVENTS; n += 20) {
    await commit(domain, async (work) => {
      for (let i = 0; i < 20; i++) work.record(anyEvent('acme', 'x'.repeat(EVENT_BYTES)))
    })
  }
}

/** A socket that asks when it is told to: when it did not read for longer than the server waits. */
async function connectReader(t: Parameters<typeof connectSocket>[0], to: string) {
  const reader = await connectSocket(t, to, { auth })
  reader.socket.on('replay.required', ({ seq }) => void reader.ask('replay', { lastSeq: seq }))
  return { ...reader, events: () => logged(reader.heard) }
}

t.test(
  'who does not read costs no memory, holds up nobody, and gets everything when it reads on',
  async (t) => {
    const relay = await startReadingRelay(url)
    t.teardown(relay.close)
    const quick = await connectReader(t, url)
    const quickStream = await readStream(t, `${url}/api/events/stream`, { 'x-api-key': keys.acme })
    const slow = await connectReader(t, relay.url)
    const slowStream = await readStream(t, `${relay.url}/api/events/stream`, { 'x-api-key': keys.acme })
    relay.stopReading()

    await writeMany()
    await quick.until(() => quick.events().length === EVENTS)
    await quickStream.until(() => quickStream.events().length === EVENTS)
    const pending = [...dependencies.live.hub.listeners('acme')].map(({ listener }) =>
      listener.pendingBytes(),
    )
    t.equal(pending.length, 4)
    for (const bytes of pending) {
      t.ok(bytes <= MAX_PENDING_KB * 1024 + 2 * EVENT_BYTES, `${bytes} bytes wait`)
    }

    relay.readOn()
    await slowStream.until(() => slowStream.events().length === EVENTS)
    t.same(
      slowStream.events().map(({ id }) => id),
      quick.events().map(({ seq }) => seq),
    )
    await slow.until((heard) => heard.at(-1)?.seq === quick.events().at(-1)?.seq)
    const heard = slow.events()
    t.same(
      heard.map(({ seq }) => seq),
      quick.events().map(({ seq }) => seq),
    )
    t.ok(isChained(heard) && isChained(quick.events()))
  },
)

t.test(
  'a socket that reads nothing is told to ask for a replay, and is told nothing more before it does',
  async (t) => {
    const relay = await startReadingRelay(url)
    t.teardown(relay.close)
    const { until, heard, ask } = await connectSocket(t, relay.url, { auth })
    const [subscription] = dependencies.live.hub.listeners('acme')
    relay.stopReading()
    await writeMany()
    // As long as the server gives it.
    while (subscription?.state !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 20))
    relay.readOn()
    await until((all) => all.some(({ type }) => type === 'replay.required'))
    const told = heard.length
    const { seq } = heard.at(-1) ?? {}
    t.match(heard.at(-1), { code: 'TOO_SLOW', message: /emit replay/, seq: heard.at(-2)?.seq })
    await commit(domain, async (work) => work.record(anyEvent('acme')))
    t.match(await ask('leave-user'), { ok: true })
    t.equal(heard.length, told, 'nothing came before it asked')
    t.match(await ask('replay', { lastSeq: seq }), { ok: true })
    await until(() => heard.length === EVENTS + 2)
    t.ok(isChained(logged(heard.filter(({ type }) => type !== 'replay.required'))))
  },
)
