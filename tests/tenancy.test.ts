import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { notifyOfEvents } from '@carteiro/domain/notifications/follow-log'
import { claim } from '@carteiro/domain/outbox/claim'
import { settle } from '@carteiro/domain/outbox/settle'
import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { sql } from 'kysely'
import type { InjectOptions } from 'light-my-request'
import t from 'tap'
import { receiveMedia } from '../apps/api/src/testing/receive-media.ts'
import { receiveMessage } from '../apps/api/src/testing/receive-message.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import {
  CALLS,
  type Call,
  CONNECT_CLOUD,
  cloudCredentials,
  GATEWAY_STREAM,
  type Owned,
  PULLED,
  STREAM,
  TEMPLATES,
  upload,
} from './tenancy/calls.ts'
import { PLATFORM_DOORS, PLATFORM_TOKENS, SIGNED_DOORS, TOKEN_DOORS } from './tenancy/doors.ts'
import { createSnapshot } from './tenancy/snapshot.ts'

/** A broker that does what it is told, and remembers it. */
async function startBroker() {
  const told: string[] = []
  const server = createServer((request, response) => {
    told.push(`${request.method} ${request.url}`)
    const instance = {
      id: 'acme-phone',
      name: 'Phone',
      tenantId: 'acme',
      status: 'connected',
      connected: true,
    }
    const unknown = { phone: null, lid: null, qrAvailable: false, lastError: null }
    const codes = { qr: 'a code to scan', pairingCode: 'ABCD1234', expiresAt: null }
    const found = { exists: true, jid: null, groups: [] }
    response
      .setHeader('content-type', request.url?.endsWith('.png') ? 'image/png' : 'application/json')
      .end(JSON.stringify({ ...instance, ...unknown, ...codes, ...found }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')
  return { told, url: `http://127.0.0.1:${address.port}` }
}

const broker = await startBroker()
const api = await startApi(t, {
  env: {
    WHATSAPP_BROKER_URL: broker.url,
    WHATSAPP_BROKER_API_KEY: 'key of the broker',
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    UPLOAD_LINK_SECRET: 'secret of the links',
    WHATSAPP_WEBHOOK_VERIFY_TOKEN: 'verify token of the platform',
    ...PLATFORM_TOKENS,
  },
})
const { app, db, domain, keys, keyWith } = api

type Answer = Awaited<ReturnType<typeof call>>

const call = (
  route: string,
  { params = {}, query = {}, payload, headers: own = {} }: Call,
  headers: Record<string, string>,
) => {
  const [method, path = ''] = route.split(' ')
  const url = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const injected = {
    method: method as 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url,
    query,
    headers: { ...own, ...headers },
    ...(payload ? { payload } : {}),
  }
  return [STREAM, GATEWAY_STREAM].includes(route) ? readStart(injected) : app.inject(injected)
}

/** A stream does not end by itself: its first bytes are read, or the whole of a refusal. */
async function readStart(injected: InjectOptions) {
  const answer = await app.inject({ ...injected, payloadAsStream: true })
  const stream = answer.stream()
  let body = ''
  for await (const chunk of stream) {
    body += chunk
    if (answer.statusCode === 200) break
  }
  stream.destroy()
  return { statusCode: answer.statusCode, body, headers: answer.headers, json: () => JSON.parse(body) }
}

const connectCloud = (tenantId: 'acme' | 'other', number: { id: string; phoneNumberId: string }) =>
  call(
    CONNECT_CLOUD,
    { params: { id: number.id }, payload: cloudCredentials(tenantId, number) },
    { 'x-api-key': keys[tenantId] },
  )

const contactOf = async (ticketId: string) =>
  (await db.selectFrom('ticket').select('contact_id').where('id', '=', ticketId).executeTakeFirstOrThrow())
    .contact_id

/** One of each thing that acme can have, made by its own key. */
async function fillAcme(): Promise<Owned> {
  const phone = '+5511955550777'
  const { ticketId } = await receiveMessage(domain, { tenantId: 'acme', phone, text: 'only for acme' })
  const sender = { tenantId: 'acme', phone: '+5511955550778' }
  await receiveMessage(domain, { ...sender, text: 'also for acme' })
  const media = { type: 'document', mimeType: 'text/plain' }
  const mediaId = await receiveMedia(api, sender, media, Buffer.from('only for acme'))
  const own = { 'x-api-key': keys.acme }
  const idempotencyKey = 'key of acme'
  const created = await call(
    'POST /api/v1/outbound/messages',
    { payload: { to: phone, text: 'Hello', idempotencyKey, dossierId: 'dossier of acme' } },
    own,
  )
  const [delivery] = await claim(domain, {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    limit: 1,
    claimSeconds: 60,
  })
  if (!delivery) throw new Error('nothing was claimed')
  await settle(domain, delivery, { status: 'sent', providerMessageId: '3EB0ACME', response: {} })
  await createInstance(db, { id: PULLED, tenantId: 'acme', name: 'Pulled', delivery: 'pull' })
  await connectCloud('acme', { id: 'acme-cloud', phoneNumberId: '1001' })
  await connectCloud('other', { id: 'other-cloud', phoneNumberId: '2001' })
  await domain.db.transaction().execute((transaction) =>
    enqueueDead(domain.queue, transaction, {
      envelope: messageEnvelope({ phone, text: 'only for acme' }),
      error: 'set aside for acme',
      attempts: 3,
      at: new Date().toISOString(),
    }),
  )
  for (const params of Object.values(TEMPLATES)) {
    const payload = { body: 'Hello, this is only for acme' }
    await call('PUT /api/v1/templates/{code}/{language}', { params, payload }, own)
  }
  const unused = await call('POST /api/v1/keys', { payload: { name: 'unused', scopes: ['read'] } }, own)
  const queue = await call('POST /api/v1/queues', { payload: { name: 'only for acme' } }, own)
  const sendable = await call('POST /api/whatsapp/uploads', upload({}, 'only for acme'), own)
  const unsent = await call('POST /api/whatsapp/uploads', upload({}), own)
  await notifyOfEvents(domain)
  await keepSearchable(domain)
  const notifications = await call('GET /api/notifications', {}, own)
  const letters = await call('GET /api/v1/dead-letters', {}, own)
  const page = await call('GET /api/tickets', { query: { limit: '1' } }, own)
  return {
    instanceId: 'acme-phone',
    cloud: { id: 'acme-cloud', phoneNumberId: '1001' },
    ticketId,
    contactId: await contactOf(ticketId),
    deliveryId: created.json().id,
    dossierId: 'dossier of acme',
    phone,
    idempotencyKey,
    cursor: page.json().nextCursor,
    notificationId: notifications.json().items[0].id,
    queueId: queue.json().id,
    keyId: unused.json().id,
    deadLetterId: letters.json().items[0].id,
    mediaId,
    uploadId: sendable.json().uploadId,
    unsentUploadId: unsent.json().uploadId,
  }
}

const snapshot = await createSnapshot(db)
const acme = await fillAcme()

/** What nobody else may read: ids, texts and a phone of acme; the other phone is one that `other` writes to itself. */
async function secretsOfAcme(): Promise<string[]> {
  const rows = Object.entries(await snapshot()).filter(([table]) => table !== 'pgboss.job')
  const text = rows.flatMap(([, own]) => own).join('\n')
  const ids = text.match(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g) ?? []
  const texts = text.match(/only for acme|also for acme|\+?5511955550778|acme-phone|3EB0ACME/g) ?? []
  return [...new Set([...ids, ...texts])]
}

const secrets = await secretsOfAcme()

interface Operation {
  tags?: string[]
  security?: unknown[]
}

const document = app.swagger() as { paths: Record<string, Record<string, Operation>> }
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { tags }]) => !tags?.includes('operations'))
    .map(([method, { security }]) => ({ route: `${method.toUpperCase()} ${path}`, security })),
)
/** Opened by a signature or a token instead of a key. */
const doors = operations.filter(({ security }) => security?.length === 0).map(({ route }) => route)
const routes = operations.map(({ route }) => route).filter((route) => !doors.includes(route))
const callsOf = (route: string): Call[] => CALLS[route]?.(acme) ?? []
const nameOf = (route: string, asked: Call) => `${route} ${JSON.stringify(asked)}`

t.test('every route that needs a key is called by this test, and none that is no more', async (t) => {
  t.same(Object.keys(CALLS).sort(), routes.toSorted())
  for (const route of routes) {
    const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const asked of callsOf(route)) t.same(Object.keys(asked.params ?? {}), names, nameOf(route, asked))
  }
})

t.test('every door that takes a signature or a token instead of a key is tried by this test', async (t) => {
  const tried = [SIGNED_DOORS, TOKEN_DOORS, PLATFORM_DOORS].flatMap((all) => Object.keys(all))
  t.same(tried.sort(), doors.toSorted())
})

t.test(
  'no tenant\u2019s key opens a door of the platform, and what is behind it names no tenant',
  async (t) => {
    const before = await snapshot()
    for (const [route, token] of Object.entries(PLATFORM_DOORS)) {
      for (const key of [keys.acme, keys.other]) {
        const knocks: [Call, Record<string, string>][] = [
          [{}, { 'x-api-key': key }],
          [{}, { authorization: `Bearer ${key}` }],
          [{ query: { token: key } }, {}],
        ]
        for (const [asked, headers] of knocks) {
          t.equal((await call(route, asked, headers)).statusCode, 401, nameOf(route, asked))
        }
      }
      const opened = await call(route, { query: { token } }, {})
      t.equal(opened.statusCode, 200, `${route} is open for the platform`)
      t.same(leaked({}, opened), [])
    }
    t.same(await snapshot(), before)
  },
)

t.test('what another tenant signs or knows opens no door of acme\u2019s', async (t) => {
  const before = await snapshot()
  for (const [route, callsOfDoor] of Object.entries(SIGNED_DOORS)) {
    const [own, ...foreign] = callsOfDoor(acme)
    t.ok(own && foreign.length > 0)
    for (const { asked, headers } of foreign) {
      const answer = await call(route, asked, headers)
      t.ok(answer.statusCode === 401 || answer.json().queued === 0, `${nameOf(route, asked)}: ${answer.body}`)
      t.same(leaked(asked, answer), [])
    }
  }
  for (const [route, callsOfDoor] of Object.entries(TOKEN_DOORS)) {
    const [own, ...foreign] = callsOfDoor()
    t.ok(own && foreign.length > 0)
    for (const { asked, headers } of foreign) t.equal((await call(route, asked, headers)).statusCode, 403)
  }
  t.same(await snapshot(), before)
  for (const [route, calls] of Object.entries({ ...SIGNED_DOORS, ...TOKEN_DOORS })) {
    const [own] = calls(acme)
    if (own) t.equal((await call(route, own.asked, own.headers)).statusCode, 200, `${route} is open for acme`)
  }
})

t.test('acme has something everywhere that could be read or changed', async (t) => {
  const before = await snapshot()
  const filled = Object.keys(before).filter((table) => (before[table] ?? []).length > 0)
  for (const table of ['tenant', 'api_key', 'instance', 'contact', 'ticket', 'message', 'delivery', 'event'])
    t.ok(filled.includes(`public.${table}`), table)
  t.ok(secrets.length > 10, `${secrets.length} secrets`)
})

t.test('another tenant\u2019s key reads and changes nothing, on any route', async (t) => {
  for (const route of routes) {
    for (const asked of callsOf(route)) {
      const before = await snapshot()
      const told = broker.told.length
      const answer = await call(route, asked, { 'x-api-key': keys.other })
      const name = nameOf(route, asked)
      t.ok(isHarmless(route, answer), `${name}: ${answer.statusCode} ${answer.body}`)
      t.same(leaked(asked, answer), [], `${name} tells nothing of acme`)
      t.same(await snapshot(), before, `${name} changes nothing of acme`)
      t.notMatch(broker.told.slice(told).join(), /acme/, `${name} tells the broker nothing about acme`)
    }
  }
})

/** A refusal, what a route that names nothing finds of the asker's own, or something new of it. */
function isHarmless(route: string, { statusCode }: Answer): boolean {
  const isOwn = /^(GET|PATCH) [^{]*$|\/validate$/.test(route)
  if (route === 'POST /api/v1/timeline/reconciliation') return statusCode === 202
  return [403, 404, 409, 422].includes(statusCode) || statusCode === (isOwn ? 200 : 201)
}

/** What was told of acme's, but for what the asker named itself. */
const leaked = (asked: Call, { body, headers }: Answer): string[] => {
  const named = JSON.stringify(asked)
  const told = body + JSON.stringify(headers)
  return secrets.filter((secret) => told.includes(secret) && !named.includes(secret))
}

t.test('a header that names acme does not make another tenant\u2019s key acme\u2019s', async (t) => {
  const before = await snapshot()
  for (const route of routes) {
    for (const asked of callsOf(route)) {
      for (const header of ['x-tenant-id', 'x-org-id']) {
        const answer = await call(route, asked, { 'x-api-key': keys.other, [header]: 'acme' })
        const status = route.includes('/webhook') ? 422 : 403
        t.equal(answer.statusCode, status, `${header} ${nameOf(route, asked)}`)
      }
    }
  }
  t.same(await snapshot(), before)
})

t.test('without a key, with a wrong one, or with one that was revoked, every route is closed', async (t) => {
  const revoked = await keyWith('admin', 'webhook')
  await sql`update api_key set revoked_at = now() where created_at = (select max(created_at) from api_key)`.execute(
    db,
  )
  const before = await snapshot()
  for (const route of routes) {
    for (const asked of callsOf(route)) {
      const keyHeaders = [{}, { 'x-api-key': 'a wrong key of some length' }, { 'x-api-key': revoked }]
      for (const headers of keyHeaders as Record<string, string>[]) {
        const answer = await call(route, asked, headers)
        t.equal(answer.statusCode, 401, `${nameOf(route, asked)} ${Object.keys(headers)}`)
        t.equal(answer.json().error.code, 'INVALID_API_KEY')
      }
    }
  }
  t.same(await snapshot(), before)
})

t.test('acme\u2019s own key is let in by the same calls: they fail for others alone', async (t) => {
  for (const route of routes) {
    for (const asked of callsOf(route)) {
      const { statusCode, body } = await call(route, asked, { 'x-api-key': keys.acme })
      // The idempotency key is acme's for other words, and its instance exists already.
      t.ok([200, 201, 202, 204, 409].includes(statusCode), `${nameOf(route, asked)}: ${statusCode} ${body}`)
    }
  }
  t.ok(broker.told.some((told) => told.includes('acme-phone')))
})
