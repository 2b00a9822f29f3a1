import { commit } from '@carteiro/domain/events/unit-of-work'
import { queueWithin } from '@carteiro/domain/outbox/queue-message'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import t from 'tap'
import { startErasing } from '../../testing/start-erasing.ts'

const { countStored, db, deleteFiles, domain, erase, fill, finish, round, stateOf } = await startErasing(t)

t.test('a file that was taken for another customer meanwhile is not deleted', async (t) => {
  const one = { phone: '+5511987654311', lid: '98765431100001@lid', mark: 'up1a77' }
  const { contactId, uploadIds } = await fill(one)
  const [uploadId] = uploadIds
  if (!uploadId) throw new Error('nothing was brought')
  await erase(contactId)
  const request = outboundRequest({ to: '+5511987654399', intent: { intent: 'document', uploadId } })
  await commit(domain, async (work) => {
    t.match(await queueWithin(work, domain.queue, request), { status: 'queued' })
    // Its message is not committed yet: nobody else can see that it has the file.
    await round()
    t.match(await stateOf(contactId), { step: 'files', waitingFor: 'files to be deleted' })
  })
  await finish(contactId)
  const rows = await db.selectFrom('upload').select(['id', 'state', 'contact_id', 'file_name']).execute()
  t.match(rows, [{ id: uploadId, state: 'ready', contact_id: null }])
  t.equal(await countStored(one.mark), 1)
})

t.test('a file of somebody else that cannot be deleted holds up no erasure', async (t) => {
  const one = { phone: '+5511987654312', lid: '98765431200002@lid', mark: 'up2b88' }
  const { contactId } = await fill(one)
  await erase(contactId)
  await round()
  await deleteFiles()
  const another = { tenant_id: 'acme', id: '0197a000-0000-7000-8000-000000000001', created_by: 'test' }
  await db
    .insertInto('upload')
    .values({ ...another, state: 'deleting', expires_at: new Date() })
    .execute()
  await round()
  t.match(await stateOf(contactId), { step: 'done' })
})
