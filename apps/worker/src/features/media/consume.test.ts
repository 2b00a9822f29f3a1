import { mediaEnvelope } from '@carteiro/domain/testing/media-envelope'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { shardOf } from '@carteiro/queue/shard'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { sql } from 'kysely'
import t from 'tap'
import { PNG, startMedia } from '../../testing/start-media.ts'
import { processBatch } from '../inbound/process-batch.ts'
import { consumeMedia } from './consume.ts'

const { db, dependencies, domain, server, ...media } = await startMedia(t)
const { logger } = domain
const { mediaOf, newPath, receive, rowOf, settled, statesTold } = media

t.test('a worker that is stopped gives its file back at once, and one that starts takes it up', async (t) => {
  const directPath = newPath()
  server.on(directPath, (response) => void response.write(PNG.subarray(0, 10_000)))
  const { id } = await receive({ directPath })
  const stopping = createLifecycle(logger)
  const asked = server.asked(directPath)
  consumeMedia({ ...dependencies, lifecycle: stopping })
  await asked
  await stopping.stop()
  t.match(await rowOf(id), { attempts: 0, claimed_until: null, last_error: 'STOPPED' })

  server.on(directPath, PNG)
  const next = createLifecycle(logger)
  const done = settled(id)
  consumeMedia({ ...dependencies, lifecycle: next })
  await done
  await next.stop()
  t.same(await statesTold(id), ['pending', 'ready'])
})

t.test('a batch that stored a file wakes the fetching; one of texts does not', async (t) => {
  let woken = 0
  const onMedia = () => void woken++
  const texts = mediaEnvelope({ message: { type: 'text', text: 'Oi!' } })
  const shard = shardOf(texts.tenantId, texts.chatKey)
  await enqueueInbound(domain.queue, [texts])
  await processBatch({ ...dependencies, onMedia }, shard)
  t.equal(woken, 0)
  await enqueueInbound(domain.queue, [mediaEnvelope({ media: { directPath: newPath() } })])
  await processBatch({ ...dependencies, onMedia }, shard)
  t.equal(woken, 1)
  await sql`delete from media_download`.execute(db)
})

t.test('no more files than allowed are fetched at a time, and all of them come', async (t) => {
  let open = 0
  let most = 0
  const files: { id: string }[] = []
  for (let file = 0; file < 12; file++) {
    const directPath = newPath()
    server.on(directPath, (response) => {
      most = Math.max(most, ++open)
      setImmediate(() => response.end(PNG, () => void open--))
    })
    files.push(await receive({ directPath }))
  }
  const running = createLifecycle(logger)
  const done = Promise.all(files.map(({ id }) => settled(id)))
  consumeMedia({ ...dependencies, lifecycle: running })
  await done
  await running.stop()
  t.ok(most <= 4, `${most} at a time`)
  const states = await Promise.all(files.map(async ({ id }) => (await mediaOf(id))?.state))
  t.ok(states.every((state) => state === 'ready'))
})
