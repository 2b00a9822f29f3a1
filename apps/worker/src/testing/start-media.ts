import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { buffer } from 'node:stream/consumers'
import type { MessageMedia } from '@carteiro/contracts/media'
import { claimDownloads } from '@carteiro/domain/media/claim-downloads'
import { mediaEnvelope } from '@carteiro/domain/testing/media-envelope'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { shardOf } from '@carteiro/queue/shard'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createDiskStorage } from '@carteiro/storage/disk'
import { storageKeyOf } from '@carteiro/storage/keys'
import { sql } from 'kysely'
import { type InboundDependencies, processBatch } from '../features/inbound/process-batch.ts'
import type { MediaDependencies } from '../features/media/consume.ts'
import { createFetchMedia } from '../features/media/fetch-media.ts'
import { claimSecondsOf, runDownload } from '../features/media/run-download.ts'
import { createReport } from '../report.ts'
import { fetchFrom, startMediaServer } from './start-media-server.ts'

/** A picture of 50 kB, which says jpeg nowhere. */
export const PNG = Buffer.concat([
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64'),
  Buffer.alloc(50_000, 1),
])

export const sha256 = (bytes: Buffer, encoding: 'hex' | 'base64' = 'hex') =>
  createHash('sha256').update(bytes).digest(encoding)

interface Test {
  testdir(): string
  teardown(run: () => Promise<unknown>): void
}

/** What fetching files needs, for tests: a database, a storage on disk, and a server that has the files. */
export async function startMedia(t: Test) {
  const domain = await startDomain(t)
  const { db, logger } = domain
  const server = await startMediaServer(t)
  const storagePath = t.testdir()
  const storage = await createDiskStorage(storagePath)
  const registry = createRegistry()
  const report = createReport(registry, logger)
  const settled = new EventEmitter()
  const lifecycle = createLifecycle(logger)
  t.teardown(() => lifecycle.stop())
  const dependencies: MediaDependencies & InboundDependencies = {
    ...domain,
    lifecycle,
    storage,
    report: {
      ...report,
      mediaSettled: (download, ...rest) => {
        report.mediaSettled(download, ...rest)
        settled.emit(download.messageId)
      },
    },
    fetchMedia: createFetchMedia({ baileys: fetchFrom(server.url), cloud: undefined }),
    config: {
      INBOUND_MAX_ATTEMPTS: 1,
      MEDIA_CONCURRENCY: 4,
      MEDIA_MAX_ATTEMPTS: 5,
      MEDIA_MAX_BYTES: 100_000,
      MEDIA_TIMEOUT_SECONDS: 60,
    },
  }
  const keyOf = (messageId: string) => storageKeyOf({ tenantId: 'acme', messageId })
  let last = 0

  return {
    domain,
    db,
    server,
    storage,
    storagePath,
    registry,
    dependencies,
    newPath: () => `/file-${++last}`,
    /** A picture comes in, as the webhook queues it, and its batch is stored. */
    receive: async (media: object) => {
      const envelope = mediaEnvelope({ phone: `+5511955${500_000 + ++last}`, media: { ...media } })
      const shard = shardOf(envelope.tenantId, envelope.chatKey)
      await enqueueInbound(domain.queue, [envelope])
      while ((await processBatch(dependencies, shard)) === 'processed') {}
      const { id } = await db
        .selectFrom('message')
        .select('id')
        .where('provider_message_id', '=', envelope.providerMessageId)
        .executeTakeFirstOrThrow()
      return { id, envelope }
    },
    /** One try at what is due, as a worker makes it. */
    tryOnce: async (overrides: Partial<MediaDependencies> = {}) => {
      const worker = { ...dependencies, ...overrides }
      const claimSeconds = claimSecondsOf(worker.config)
      for (const download of await claimDownloads(db, { limit: 4, claimSeconds })) {
        await runDownload(worker, download)
      }
    },
    /** Time passes for one file's work: it is due, and a claim on it has ended. */
    pass: (id: string) =>
      sql`
      update media_download set next_attempt_at = now() - interval '1 second',
        claimed_until = case when claimed_until is not null then now() - interval '1 second' end
      where message_id = ${id}`.execute(db),
    /** Resolves when the next try at this message's file is recorded. */
    settled: (id: string) => new Promise<void>((resolve) => settled.once(id, resolve)),
    mediaOf: async (id: string): Promise<MessageMedia | null> =>
      (await db.selectFrom('message').select('media').where('id', '=', id).executeTakeFirstOrThrow()).media,
    rowOf: (id: string) =>
      db.selectFrom('media_download').selectAll().where('message_id', '=', id).executeTakeFirst(),
    statesTold: async (id: string): Promise<string[]> => {
      const { rows } = await sql<{ state: string }>`
        select coalesce(payload #>> '{message,media,state}', 'none') as state from event
        where type like 'messages.%' and payload #>> '{message,id}' = ${id} order by seq`.execute(db)
      return rows.map(({ state }) => state)
    },
    stored: async (id: string): Promise<Buffer | undefined> => {
      const object = await storage.open(keyOf(id))
      return object && buffer(object.body)
    },
    contentTypeOf: async (id: string) => (await storage.stat(keyOf(id)))?.contentType,
  }
}
