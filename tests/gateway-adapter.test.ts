import { readFileSync } from 'node:fs'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { openGateway } from '../apps/api/src/testing/open-gateway.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import { startReadingRelay } from '../apps/api/src/testing/start-reading-relay.ts'
import { type Adapter, type Offered, runAdapter } from '../docs/examples/adapter.ts'

const api = await startApi(t)
const url = await listen(api.app, '127.0.0.1', 0)
const { send, stateOf } = await openGateway(api, url)

/** The example's adapter, with what it sent. */
function run(to: string, store: Adapter['store'], answer: (message: Offered) => Promise<string>) {
  const ending = new AbortController()
  const sent: Offered[] = []
  const ended = runAdapter({
    ...{ url: to, key: api.keys.acme, instanceIds: ['acme-phone'], store, signal: ending.signal },
    send: async (message) => {
      sent.push(message)
      return answer(message)
    },
  }).catch(() => undefined)
  const stop = async () => {
    ending.abort()
    await ended
  }
  t.teardown(stop)
  return { sent, stop }
}

const untilSent = async (ids: string[]) => {
  for (const id of ids) {
    while ((await stateOf(id)).state !== 'SENT') await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test('the example is sixty lines', async (t) => {
  const text = readFileSync(new URL('../docs/examples/adapter.ts', import.meta.url), 'utf8')
  t.ok(text.trimEnd().split('\n').length <= 60)
})

t.test(
  'the example sends each message once and confirms it, also over a connection that is cut',
  async (t) => {
    const relay = await startReadingRelay(url)
    t.teardown(relay.close)
    const store: Adapter['store'] = { sent: new Map() }
    let count = 0
    const { sent, stop } = run(relay.url, store, async ({ idempotencyKey }) => {
      if (++count === 3) relay.cut()
      return `3EB0${idempotencyKey}`
    })
    const ids = [await send(1), await send(2), await send(1), await send(3), await send(1)]
    await untilSent(ids)
    t.same(sent.map(({ messageId }) => messageId).toSorted(), ids.toSorted())
    t.same(
      sent.filter(({ to }) => to === '+5511955500001').map(({ messageId }) => messageId),
      [ids[0], ids[2], ids[4]],
      'one recipient\u2019s in order',
    )
    t.ok(Number(store.lastEventId) > 0)
    await stop()
  },
)

t.test('a message that it could not send is tried again', async (t) => {
  const id = await send(4)
  let isFirst = true
  const { sent, stop } = run(url, { sent: new Map() }, async ({ idempotencyKey }) => {
    if (!isFirst) return `3EB0${idempotencyKey}`
    isFirst = false
    throw new Error('broken')
  })
  while ((await stateOf(id)).error_code === null) await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(await stateOf(id), { state: 'QUEUED', error_code: 'UNKNOWN_ERROR', attempts: 1 })
  t.equal(sent.length, 1)
  await stop()
})
