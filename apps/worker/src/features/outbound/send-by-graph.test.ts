import { randomBytes } from 'node:crypto'
import type { Intent } from '@carteiro/contracts/intent'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { connectCloud } from '@carteiro/domain/instances/connect-cloud'
import { type ClaimedDelivery, claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { recordReceipt } from '@carteiro/domain/outbox/receipts'
import { recoverStale } from '@carteiro/domain/outbox/recover'
import { settle } from '@carteiro/domain/outbox/settle'
import { statusEnvelope } from '@carteiro/domain/testing/envelopes'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import { createDiskStorage } from '@carteiro/storage/disk'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createGraphClient } from '../../graph/graph-client.ts'
import { createReport } from '../../report.ts'
import { bringUpload } from '../../testing/bring-upload.ts'
import { answering, refusing, startGraphServer } from '../../testing/start-graph-server.ts'
import { chooseChannel } from './choose-channel.ts'
import { sendByGraph } from './send-by-graph.ts'

const domain = await startDomain(t)
const { db } = domain
const seal = createSeal(randomBytes(32))
const TOKEN = 'the-token-of-the-number'
const MESSAGES = '/v25.0/1001/messages'
const MEDIA = '/v25.0/1001/media'
const sent = answering(200, { messaging_product: 'whatsapp', messages: [{ id: 'wamid.A' }] })

const connect = (instanceId: string, phoneNumberId: string, accessToken?: string) =>
  connectCloud(
    { ...domain, seal },
    {
      ...{ tenantId: 'acme', instanceId, name: 'Sales', phoneNumberId, accessToken },
      ...{ appSecret: 'secret', verifyToken: 'token', keepFormerSecret: true },
      ...{ actor: 'test', requestId: 'request-1' },
    },
  )
await connect('sales', '1001', TOKEN)
await connect('tokenless', '1002')

/** Meta's side, and the worker's channel to it. */
async function start(t: Test, { timeoutMs = 20_000, hasKey = true } = {}) {
  const server = await startGraphServer(t)
  const graph = createGraphClient({ baseUrl: server.url, version: 'v25.0' })
  t.teardown(() => graph.close())
  const registry = createRegistry()
  const warned: unknown[] = []
  const logger = Object.assign(Object.create(domain.logger), {
    warn: (fields: unknown) => warned.push(fields),
  })
  const report = createReport(registry, logger)
  const storage = await createDiskStorage(t.testdir())
  return {
    server,
    warned,
    registry,
    storage,
    send: sendByGraph({ db, seal: hasKey ? seal : undefined, graph, report, storage, timeoutMs }),
  }
}

let last = 0
const nextPhone = () => `+55119${11_000_000 + ++last}`

async function claimed(
  intent: Intent = { intent: 'text', text: 'hello' },
  instanceId = 'sales',
): Promise<ClaimedDelivery> {
  const queued = await queueMessage(domain, outboundRequest({ to: nextPhone(), instanceId, intent }))
  t.equal(queued.status, 'queued')
  const [delivery] = await claim(domain, { tenantId: 'acme', instanceId, limit: 1, claimSeconds: 60 })
  if (!delivery) throw new Error('nothing was claimed')
  return delivery
}

const rowOf = (id: string) =>
  db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

t.afterEach(() =>
  sql`truncate delivery, delivery_attempt, lane, instance_circuit, instance_pace cascade`.execute(db),
)

t.test('a message goes to Meta once, with the number\u2019s token and our id, and is SENT', async (t) => {
  const { server, send } = await start(t)
  server.on(MESSAGES, sent)
  const delivery = await claimed()
  const outcome = await send(delivery)
  t.match(await settle(domain, delivery, outcome), { status: 'SENT' })
  t.match(await rowOf(delivery.id), { state: 'SENT', provider_message_id: 'wamid.A' })
  t.equal(server.asked.length, 1)
  const [request] = server.asked
  t.match(request, { url: MESSAGES, headers: { authorization: `Bearer ${TOKEN}` } })
  t.same(JSON.parse(request?.body ?? ''), {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: delivery.recipient.slice(1),
    biz_opaque_callback_data: delivery.id,
    type: 'text',
    text: { body: 'hello' },
  })
})

t.test('bytes are uploaded first, as what they are', async (t) => {
  const { server, send } = await start(t)
  server.on(MEDIA, answering(200, { id: '4711' }))
  server.on(MESSAGES, sent)
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64')
  const intent: Intent = { intent: 'image', media: { base64: png.toString('base64') }, caption: 'a cat' }
  t.match(await send(await claimed(intent)), { status: 'sent' })
  const [upload, message] = server.asked
  t.match(upload, { url: MEDIA, headers: { 'content-type': /^multipart\/form-data/ } })
  t.match(upload?.body, /name="type"\r\n\r\nimage\/png\r\n/)
  t.match(JSON.parse(message?.body ?? ''), { type: 'image', image: { id: '4711', caption: 'a cat' } })
})

t.test('a file that does not reach Meta holds up its message, and nothing is sent', async (t) => {
  const { server, send } = await start(t)
  const delivery = await claimed({ intent: 'document', media: { base64: 'AAAA' } })
  server.on(MEDIA, (response) => void response.destroy())
  t.match(await send(delivery), { fault: 'waiting', code: 'GRAPH_UNREACHABLE' })
  server.on(MEDIA, refusing(500, 131_016))
  t.match(await send(delivery), { fault: 'channel', code: 'GRAPH_UNAVAILABLE' })
  server.on(MEDIA, refusing(400, 131_053))
  t.match(await send(delivery), { fault: 'message', code: 'MEDIA_UPLOAD_ERROR' })
  t.same([...new Set(server.asked.map(({ url }) => url))], [MEDIA])
})

t.test('a poll fails for good, and Meta is not asked', async (t) => {
  const { server, send } = await start(t)
  const poll: Intent = { intent: 'poll', question: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 }
  const delivery = await claimed(poll)
  t.match(await settle(domain, delivery, await send(delivery)), { status: 'FAILED' })
  t.match(await rowOf(delivery.id), { error_code: 'UNSUPPORTED_OPERATION' })
  t.same(server.asked, [])
})

t.test(
  'a message whose answer was lost is OUTCOME_UNKNOWN, and is not repeated; a receipt with our id decides',
  async (t) => {
    const { server, send } = await start(t, { timeoutMs: 500 })
    for (const answer of [
      (response: { destroy(): void }) => void response.destroy(),
      () => undefined,
      answering(504, {}),
    ]) {
      server.on(MESSAGES, answer)
      const delivery = await claimed()
      t.match(await settle(domain, delivery, await send(delivery)), { status: 'FAILED' })
      t.match(await rowOf(delivery.id), { state: 'FAILED', attempts: 1, error_code: 'OUTCOME_UNKNOWN' })
      const receipt = statusEnvelope({
        ...{ instanceId: 'sales', providerMessageId: `wamid.${delivery.id}`, deliveryId: delivery.id },
        status: 'READ',
      })
      t.match(await commit(domain, (work) => recordReceipt(work, receipt)), { status: 'moved' })
      t.match(await rowOf(delivery.id), { state: 'READ', provider_message_id: `wamid.${delivery.id}` })
    }
    t.equal(server.asked.length, 3)
  },
)

t.test('an upload is streamed to Meta, and waits while it cannot be read', async (t) => {
  const { server, send, storage } = await start(t)
  server.on(MEDIA, answering(200, { id: 'media-1' }))
  server.on(MESSAGES, sent)
  const text = 'of a file that is here '.repeat(5_000)
  const uploadId = await bringUpload({ db, storage }, text)
  const delivery = await claimed({ intent: 'document', uploadId, fileName: 'a "note".txt' })
  t.match(await send(delivery), { status: 'sent' })
  const [given, message] = server.asked
  t.match(given, {
    url: MEDIA,
    headers: {
      'content-length': String(Buffer.byteLength(given?.body ?? '')),
      authorization: `Bearer ${TOKEN}`,
    },
  })
  t.ok(given?.body.includes(`filename="a %22note%22.txt"\r\nContent-Type: text/plain\r\n\r\n${text}\r\n--`))
  t.match(JSON.parse(message?.body ?? ''), { type: 'document', document: { id: 'media-1' } })

  storage.open = () => Promise.reject(new Error('away'))
  t.match(await send(delivery), { fault: 'waiting', code: 'STORAGE_UNAVAILABLE' })
  storage.open = () => Promise.resolve(undefined)
  t.match(await send(delivery), { fault: 'message', code: 'MEDIA_NOT_FOUND' })
})

t.test('a message whose worker died while it was with Meta is not sent again', async (t) => {
  const delivery = await claimed()
  await sql`update delivery set claimed_until = now() - interval '1 second'`.execute(db)
  t.equal(await recoverStale(domain), 1)
  t.match(await rowOf(delivery.id), { state: 'FAILED', error_code: 'OUTCOME_UNKNOWN' })
})

t.test('while Meta cannot be reached messages wait, and no attempt is used', async (t) => {
  const { server, send } = await start(t)
  await server.stop()
  const delivery = await claimed()
  t.match(await settle(domain, delivery, await send(delivery)), { status: 'QUEUED' })
  t.match(await rowOf(delivery.id), { attempts: 0, error_code: 'GRAPH_UNREACHABLE' })
})

t.test('what Meta limits waits as long as it asks, and no attempt is used', async (t) => {
  const { server, send } = await start(t)
  server.on(MESSAGES, answering(429, { error: { message: 'slow', code: 130_429 } }, { 'retry-after': '90' }))
  const delivery = await claimed()
  t.match(await settle(domain, delivery, await send(delivery)), { status: 'QUEUED' })
  const { rows } = await sql<{ later: boolean }>`
    select next_attempt_at > now() + interval '80 seconds' as later from delivery`.execute(db)
  t.same(rows, [{ later: true }])
  t.match(await rowOf(delivery.id), { attempts: 0, error_code: 'RATE_LIMITED' })
})

t.test('a token that Meta does not take holds messages back, and is in nothing that is kept', async (t) => {
  const { server, send } = await start(t)
  server.on(MESSAGES, refusing(401, 190, `Malformed access token ${TOKEN}`))
  const delivery = await claimed()
  const outcome = await send(delivery)
  t.match(await settle(domain, delivery, outcome), { status: 'QUEUED' })
  t.match(await rowOf(delivery.id), {
    attempts: 0,
    error_code: 'TOKEN_INVALID',
    error_message: 'Malformed access token [access token] (190)',
  })
  const attempts = await db.selectFrom('delivery_attempt').selectAll().execute()
  t.match(attempts, [{ fault: 'channel', provider_response: { code: 190 } }])
  t.notMatch(JSON.stringify([outcome, attempts]), new RegExp(TOKEN))
})

t.test('without a token, or the key to it, messages wait; that is told once', async (t) => {
  const { server, send, warned, registry } = await start(t)
  for (const delivery of [await claimed(undefined, 'tokenless'), await claimed(undefined, 'tokenless')]) {
    t.match(await settle(domain, delivery, await send(delivery)), { status: 'QUEUED' })
    t.match(await rowOf(delivery.id), { attempts: 0, error_code: 'NOT_CONFIGURED' })
  }
  t.match(warned, [{ instanceId: 'tokenless', why: 'Give the number an accessToken.' }])
  t.equal(warned.length, 1)
  t.match(await registry.metrics(), /^whatsapp_cloud_not_configured 1$/m)
  const keyless = await start(t, { hasKey: false })
  t.match(await keyless.send(await claimed()), { fault: 'waiting', code: 'NOT_CONFIGURED' })
  t.same([...server.asked, ...keyless.server.asked], [])
})

t.test(
  'each message leaves by the transport of its instance; one that is not configured is waited for',
  async (t) => {
    const by = (transport: string) => async () => ({
      ...{ status: 'sent' as const, providerMessageId: transport, response: {} },
    })
    const cloud = await claimed()
    const baileys = await claimed(undefined, 'acme-phone')
    const both = chooseChannel({ db, channels: { baileys: by('baileys'), cloud: by('cloud') } })
    for (let time = 0; time < 2; time++) {
      t.match(await both(cloud), { providerMessageId: 'cloud' })
      t.match(await both(baileys), { providerMessageId: 'baileys' })
    }
    const one = chooseChannel({ db, channels: { baileys: undefined, cloud: by('cloud') } })
    t.match(await one(baileys), { fault: 'waiting', code: 'NOT_CONFIGURED' })
    t.match(await one({ ...cloud, tenantId: 'other' }), { fault: 'waiting', code: 'NOT_CONFIGURED' })
  },
)
