import { commit } from '@carteiro/domain/events/unit-of-work'
import { revokeMessage } from '@carteiro/domain/messages/revoke-message'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { revokeEnvelope } from '@carteiro/domain/testing/envelopes'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { beginUpload } from '@carteiro/domain/uploads/begin-upload'
import { findOverUploads } from '@carteiro/domain/uploads/delete-upload'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createDiskStorage } from '@carteiro/storage/disk'
import { uploadKeyOf } from '@carteiro/storage/keys'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { bringUpload } from '../../testing/bring-upload.ts'
import { removeUploads } from './remove-uploads.ts'

const domain = await startDomain(t)
const { db, logger } = domain
const storage = await createDiskStorage(t.testdir())
const registry = createRegistry()
const needs = {
  db,
  storage,
  logger,
  lifecycle: createLifecycle(logger),
  report: createReport(registry, logger),
}

const bring = () => bringUpload({ db, storage }, 'a file')
const expire = (id: string) =>
  sql`update upload set expires_at = now() - interval '1 second' where id = ${id}`.execute(db)
/** As if it had been looked at long ago. */
const comeDue = (id: string) =>
  sql`update upload set look_after = now() - interval '1 second' where id = ${id}`.execute(db)
/** The row and the bytes, so far as they are there. */
const left = async (id: string) => ({
  row: (await db.selectFrom('upload').select('state').where('id', '=', id).executeTakeFirst())?.state,
  bytes: (await storage.stat(uploadKeyOf({ tenantId: 'acme', uploadId: id }))) !== undefined,
})
const KEPT = { row: 'ready', bytes: true }
const GONE = { row: undefined, bytes: false }
const send = async (uploadId: string) => {
  const result = await queueMessage(domain, outboundRequest({ intent: { intent: 'document', uploadId } }))
  if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
  return result.id
}
/** As the phone tells that a message was taken back. */
const takeBack = (messageId: string) =>
  commit(domain, async (work) => {
    const row = await work.transaction
      .selectFrom('message')
      .selectAll()
      .where('id', '=', messageId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    await revokeMessage(work, row, revokeEnvelope({ targetMessageId: messageId, fromMe: true }))
  })
const actionsOf = (id: string) =>
  db.selectFrom('audit_entry').select(['action', 'actor']).where('entity_id', '=', id).orderBy('id').execute()

t.test('an upload that no message took goes when its time is over, with its bytes', async (t) => {
  const [over, young] = [await bring(), await bring()]
  await expire(over)
  await removeUploads(needs)
  t.same(await left(over), GONE)
  t.same(await left(young), KEPT)
  t.same(await actionsOf(over), [
    { action: 'CREATED', actor: 'test' },
    { action: 'DELETED', actor: 'worker' },
  ])
  t.match(await registry.metrics(), /whatsapp_retention_deleted_total\{what="uploads"\} 1\n/)
})

t.test('one that was sent stays as long as a message has it', async (t) => {
  const id = await bring()
  const messageId = await send(id)
  await expire(id)
  await removeUploads(needs)
  t.same(await left(id), KEPT)
  await takeBack(messageId)
  await removeUploads(needs)
  t.same(
    await left(id),
    KEPT,
    'what was sent a moment ago may be part of a message that is not committed yet',
  )
  await sql`update upload set sent_at = now() - interval '2 hours' where id = ${id}`.execute(db)
  await removeUploads(needs)
  t.same(await left(id), GONE)
})

t.test('sent uploads, however many, keep nobody from looking at those that are over', async (t) => {
  const sent = [await bring(), await bring()]
  for (const id of sent) {
    await send(id)
    await sql`update upload set expires_at = now() - interval '3 hours', sent_at = now() - interval '2 hours'
      where id = ${id}`.execute(db)
  }
  const over = await bring()
  await expire(over)
  t.same(await findOverUploads(db, 2), { over: [], isMore: true })
  t.same(await findOverUploads(db, 2), { over: [{ tenantId: 'acme', id: over }], isMore: false })
  t.same(await findOverUploads(db, 2), { over: [], isMore: false }, 'neither is looked at again at once')
  await comeDue(over)
  await removeUploads(needs)
  t.same(await left(over), GONE)
  for (const id of sent) t.same(await left(id), KEPT)
})

t.test('bytes that the storage refuses to delete leave the others their turn', async (t) => {
  const stuck = await bring()
  await sql`update upload set expires_at = now() - interval '1 hour' where id = ${stuck}`.execute(db)
  await removeUploads({ ...needs, storage: { delete: () => Promise.reject(new Error('refused')) } })
  const other = await bring()
  await expire(other)
  const { over } = await findOverUploads(db, 1)
  t.same(over, [{ tenantId: 'acme', id: other }])
  for (const id of [stuck, other]) await comeDue(id)
  await removeUploads(needs)
  t.same([await left(stuck), await left(other)], [GONE, GONE])
})

t.test('what a process that died has left of an upload goes', async (t) => {
  const id = await beginUpload(db, { tenantId: 'acme', actor: 'test', seconds: 60 })
  const bytes = { contentType: 'text/plain', maxBytes: 10 }
  await storage.put(uploadKeyOf({ tenantId: 'acme', uploadId: id }), Buffer.from('bytes'), bytes)
  await removeUploads(needs)
  t.same(await left(id), { row: 'writing', bytes: true }, 'it may still be coming')
  await expire(id)
  await removeUploads(needs)
  t.same(await left(id), GONE)
  t.same(await actionsOf(id), [], 'it never was one')
})

t.test('whoever dies while it deletes leaves the rest to the next one', async (t) => {
  const [marked, withoutBytes] = [await bring(), await bring()]
  for (const id of [marked, withoutBytes]) await expire(id)
  t.equal((await findOverUploads(db, 10)).over.length, 2)
  await storage.delete(uploadKeyOf({ tenantId: 'acme', uploadId: withoutBytes }))
  for (const id of [marked, withoutBytes]) await comeDue(id)
  await removeUploads(needs)
  for (const id of [marked, withoutBytes]) {
    t.same(await left(id), GONE)
    t.equal((await actionsOf(id)).length, 2, 'it is told once')
  }
})

t.test('while the storage is away rows wait, and no message takes them', async (t) => {
  const id = await bring()
  await expire(id)
  await removeUploads({ ...needs, storage: { delete: () => Promise.reject(new Error('away')) } })
  t.same(await left(id), { row: 'deleting', bytes: true })
  await t.rejects(send(id), /upload_not_found/)
  await comeDue(id)
  await removeUploads(needs)
  t.same(await left(id), GONE)
})

t.test('an upload is either sent or deleted, whoever comes first', async (t) => {
  for (let round = 0; round < 20; round++) {
    const id = await bring()
    // Its time ends between the look at it and the commit of the message.
    await sql`update upload set expires_at = now() + interval '5 milliseconds' where id = ${id}`.execute(db)
    const [sent] = await Promise.allSettled([send(id), removeUploads(needs)])
    await removeUploads(needs)
    t.same(await left(id), sent.status === 'fulfilled' ? KEPT : GONE)
  }
})
