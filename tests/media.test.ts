import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { MessageView } from '@carteiro/contracts/event'
import { followEvents } from '@carteiro/domain/events/follow'
import { mediaEnvelope } from '@carteiro/domain/testing/media-envelope'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { createDiskStorage } from '@carteiro/storage/disk'
import { storageKeyOf } from '@carteiro/storage/keys'
import { sql } from 'kysely'
import t from 'tap'
import { spawnWorker } from './spawn-worker.ts'

const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(200_000, 'x')])
const KEY = 'key of the broker, made up'

const domain = await startDomain(t)
const { db, logger } = domain
const storagePath = t.testdir()

/** Plays the broker: what it does with the file's bytes is each test's affair. */
const asks: ((response: ServerResponse) => void)[] = []
const broker = createServer((request, response) => {
  if (request.method !== 'POST' || !request.url?.endsWith('/acme-phone/media/download')) {
    response.writeHead(404).end()
    return
  }
  request.resume().once('end', () => asks.shift()?.(response))
})
broker.listen(0, '127.0.0.1')
await once(broker, 'listening')
t.teardown(() => {
  broker.closeAllConnections()
  broker.close()
})
const nextAsk = () => new Promise<ServerResponse>((resolve) => asks.push(resolve))

const startWorker = () =>
  spawnWorker(t, {
    DATABASE_URL: domain.url,
    WHATSAPP_BROKER_URL: `http://127.0.0.1:${(broker.address() as AddressInfo).port}`,
    WHATSAPP_BROKER_API_KEY: KEY,
    STORAGE_PATH: storagePath,
  })

/** What the tenant's clients are told of files, in order. */
const told: string[] = []
let onTold = () => {}
const follower = followEvents({
  db,
  logger,
  onEvent: ({ type, payload }) => {
    // What is told of the ticket carries the message, too.
    if (!type.startsWith('messages.')) return
    const message = MessageView.safeParse('message' in payload ? payload.message : undefined).data
    if (!message) return
    told.push(message.media?.state ?? 'none')
    onTold()
  },
})
await follower.follow('acme')
t.teardown(() => follower.stop())

const untilTold = (state: string) =>
  new Promise<void>((resolve) => {
    onTold = () => {
      if (told.includes(state)) resolve()
    }
    onTold()
  })

t.test(
  'a worker that is killed while it fetches a file leaves it to the next one, and it is told once',
  async (t) => {
    const envelope = mediaEnvelope({ type: 'document', media: { mimetype: 'application/pdf' } })
    const { tenantId, providerMessageId } = envelope

    const first = nextAsk()
    const killed = startWorker()
    await enqueueInbound(domain.queue, [envelope])
    const half = await first
    half.writeHead(200, { 'content-type': 'application/pdf' }).write(PDF.subarray(0, 100_000))
    const dead = once(killed, 'exit')
    killed.kill('SIGKILL')
    await dead
    await untilTold('pending')

    const { rowCount } = await pass()
    t.equal(rowCount, 1, 'its claim is left behind')
    const second = nextAsk()
    const heir = startWorker()
    const whole = await second
    whole.writeHead(200, { 'content-type': 'application/pdf' }).end(PDF)
    await untilTold('ready')
    const ended = once(heir, 'exit')
    heir.kill('SIGTERM')
    t.same(await ended, [0, null])

    t.same(told, ['pending', 'ready'])
    const { id, media } = await db
      .selectFrom('message')
      .select(['id', 'media'])
      .where('provider_message_id', '=', providerMessageId)
      .executeTakeFirstOrThrow()
    t.match(media, { state: 'ready', mimeType: 'application/pdf', size: PDF.length })
    const storage = await createDiskStorage(storagePath)
    const object = await storage.open(storageKeyOf({ tenantId, messageId: id }))
    t.ok(object && (await buffer(object.body)).equals(PDF))
    t.same(await db.selectFrom('media_download').selectAll().execute(), [])
  },
)

/** The claim of the dead one ends. */
async function pass() {
  const { numAffectedRows } = await sql`
    update media_download set claimed_until = now(), next_attempt_at = now()
    where claimed_until > now()`.execute(db)
  return { rowCount: Number(numAffectedRows) }
}
