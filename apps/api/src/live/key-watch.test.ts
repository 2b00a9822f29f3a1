import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { startRealtime } from '../features/realtime/start.ts'
import { connectSocket } from '../testing/connect-socket.ts'
import { readStream } from '../testing/read-stream.ts'
import { startApi } from '../testing/start-api.ts'

const { app, db, dependencies, keys, keyWith } = await startApi(t, {
  env: { REALTIME_MAX_CONNECTIONS_PER_TENANT: '3' },
})
startRealtime(dependencies, app.server)
const url = await listen(app, '127.0.0.1', 0)

async function newestKey(): Promise<string> {
  const keys = db.selectFrom('api_key').select('id').orderBy('created_at', 'desc')
  return (await keys.limit(1).executeTakeFirstOrThrow()).id
}

t.test('a revoked key\u2019s sockets and streams end, with the reason, and others stay', async (t) => {
  const token = await keyWith('read')
  const other = await connectSocket(t, url, { auth: { token: keys.acme } })
  const socket = await connectSocket(t, url, { auth: { token } })
  const stream = await readStream(t, `${url}/api/events/stream`, { 'x-api-key': token })
  await revokeKey({ db }, { tenantId: 'acme', id: await newestKey(), actor: 'test' })
  await socket.closed()
  await stream.closed()
  t.match(socket.heard.at(-1), { type: 'connection.closing', code: 'INVALID_API_KEY', message: /revoked/ })
  t.match(stream.frames.at(-1), { event: 'connection.closing', data: { code: 'INVALID_API_KEY' } })
  t.ok(other.socket.connected)
  other.socket.close()
})

t.test('a key that expires ends what it opened', async (t) => {
  const token = await keyWith('read')
  const socket = await connectSocket(t, url, { auth: { token } })
  await db
    .updateTable('api_key')
    .set({ expires_at: new Date() })
    .where('id', '=', await newestKey())
    .execute()
  await socket.closed()
  t.match(socket.heard.at(-1), { type: 'connection.closing', code: 'INVALID_API_KEY', message: /expired/ })
})

t.test('a tenant has so many connections and no more, and one that ends makes room', async (t) => {
  const open = () => connectSocket(t, url, { auth: { token: keys.other } })
  const stream = () => readStream(t, `${url}/api/events/stream`, { 'x-api-key': keys.other })
  const sockets = [await open(), await open(), await open()]
  await t.rejects(open(), /close one first/)
  const { response } = await stream()
  t.match(response, { statusCode: 429, headers: { 'retry-after': '5' } })
  sockets[0]?.socket.close()
  while ([...dependencies.live.hub.listeners('other')].length > 2)
    await new Promise((resolve) => setImmediate(resolve))
  t.equal((await stream()).response.statusCode, 200)
})

t.test('the gauges go back to nothing when everybody has left', async (t) => {
  while ([...dependencies.live.hub.listeners('acme')].length > 0)
    await new Promise((resolve) => setImmediate(resolve))
  const metrics = await dependencies.registry.metrics()
  t.match(metrics, /whatsapp_realtime_latency_seconds_count \d/)
  t.match(metrics, /ws_connections \d/)
  t.match(metrics, /sse_connections \d/)
  t.notMatch(metrics, 'route="/api/events/stream",status="200"', 'a stream is no slow request')
})
