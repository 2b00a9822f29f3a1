import { createTestDatabase } from '@carteiro/database/test-database'
import { sql } from 'kysely'
import { t, test } from 'tap'
import { type HeldLease, LeaseLostError, requireLease } from './held-lease.ts'

const { db } = await createTestDatabase(t)
const { signal } = new AbortController()

async function createLease(id: string): Promise<HeldLease> {
  await db.insertInto('broker.instance').values({ id, tenant_id: 'demo', name: id }).execute()
  const lease = await db
    .insertInto('broker.instance_lease')
    .values({ instance_id: id, holder: 'one', expires_at: sql<Date>`now() + interval '1 hour'` })
    .returning('generation')
    .executeTakeFirstOrThrow()
  return { instanceId: id, generation: String(lease.generation), signal }
}

test('the holder writes, also after the lease ran out, as long as nobody took it over', async (t) => {
  const lease = await createLease('mine')
  await requireLease(db, lease)
  await db
    .updateTable('broker.instance_lease')
    .set({ expires_at: sql<Date>`now() - interval '1 hour'` })
    .where('instance_id', '=', 'mine')
    .execute()
  await t.resolves(requireLease(db, lease))
})

test('whoever lost the lease writes nothing: taken over, given up, or deleted with its instance', async (t) => {
  const lease = await createLease('lost')
  await t.rejects(requireLease(db, { ...lease, signal: AbortSignal.abort() }), LeaseLostError)
  await db
    .updateTable('broker.instance_lease')
    .set({ holder: 'two', generation: sql<number>`nextval('broker.lease_generation')` })
    .where('instance_id', '=', 'lost')
    .execute()
  await t.rejects(requireLease(db, lease), new LeaseLostError('lost'))
  await db.deleteFrom('broker.instance').where('id', '=', 'lost').execute()
  const again = await createLease('lost')
  await t.rejects(requireLease(db, lease), LeaseLostError, 'made again, it has another generation')
  await t.resolves(requireLease(db, again))
})

test('while a write is under way its lease can be renewed, but nobody takes it over', async (t) => {
  const lease = await createLease('busy')
  const impatient = (statement: ReturnType<typeof sql>) =>
    db.transaction().execute(async (other) => {
      await sql`set local lock_timeout = 200`.execute(other)
      await statement.execute(other)
    })
  await db.transaction().execute(async (write) => {
    await requireLease(write, lease)
    await t.resolves(
      impatient(
        sql`update broker.instance_lease set expires_at = now() + interval '1 day' where instance_id = 'busy'`,
      ),
    )
    await t.rejects(
      impatient(sql`select 1 from broker.instance_lease where instance_id = 'busy' for update`),
      { code: '55P03' },
      'a take-over waits',
    )
  })
})
