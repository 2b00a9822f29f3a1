import { sql } from 'kysely'
import t from 'tap'
import { startDomain } from '../testing/start-domain.ts'
import { recordAudit } from './record.ts'

const { db } = await startDomain(t)

const record = (entityId: string) =>
  db.transaction().execute((transaction) =>
    recordAudit(transaction, [
      {
        tenantId: 'acme',
        actor: 'maria',
        action: 'CREATED',
        entityType: 'delivery',
        entityId,
        requestId: 'request-1',
      },
    ]),
  )
const entries = () =>
  db.selectFrom('audit_entry').selectAll().where('entity_type', '=', 'delivery').orderBy('id').execute()

t.test('what was recorded can be neither changed nor taken away', async (t) => {
  await record('delivery-1')
  const before = await entries()
  t.match(before, [{ actor: 'maria', action: 'CREATED', entity_id: 'delivery-1', request_id: 'request-1' }])
  await t.rejects(db.updateTable('audit_entry').set({ actor: 'nobody' }).execute(), /append-only/)
  await t.rejects(db.deleteFrom('audit_entry').execute(), /append-only/)
  await t.rejects(sql`delete from tenant where id = 'acme'`.execute(db), 'nor with its tenant')
  t.same(await entries(), before)
})

t.test('an act that is rolled back leaves no entry', async (t) => {
  const before = await entries()
  await t.rejects(
    db.transaction().execute(async (transaction) => {
      await recordAudit(transaction, [
        { tenantId: 'acme', actor: 'maria', action: 'SENT', entityType: 'delivery', entityId: 'delivery-2' },
      ])
      throw new Error('rolled back')
    }),
    /rolled back/,
  )
  t.same(await entries(), before)
})
