import type { Queue } from '@carteiro/contracts/ticket'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { newId } from '@carteiro/database/new-id'
import { violatesUnique } from '@carteiro/database/violates-unique'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { MAX_QUEUES, toQueue } from './list-queues.ts'

interface Act {
  tenantId: string
  actor: string
  requestId: string
}

export type PutQueueResult =
  | { status: 'written'; queue: Queue }
  | { status: 'not_found' | 'name_taken' | 'too_many' }

/** Makes a queue. As the default one it takes the place of the one before. */
export function createQueue(
  db: { db: Database },
  { name, isDefault, ...act }: Act & { name: string; isDefault: boolean },
): Promise<PutQueueResult> {
  return writing(db, act, async (transaction) => {
    const { count } = await transaction
      .selectFrom('queue')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tenant_id', '=', act.tenantId)
      .executeTakeFirstOrThrow()
    if (Number(count) >= MAX_QUEUES) return { status: 'too_many' }
    if (isDefault) await dethrone(transaction, act.tenantId)
    const row = await transaction
      .insertInto('queue')
      .values({ tenant_id: act.tenantId, id: newId(), name, is_default: isDefault })
      .returningAll()
      .executeTakeFirstOrThrow()
    await audit(transaction, act, row.id, 'CREATED', { name, isDefault })
    return { status: 'written', queue: toQueue(row) }
  })
}

/** Changes a queue's name, or whether new tickets go there. */
export function changeQueue(
  db: { db: Database },
  {
    id,
    name,
    isDefault,
    ...act
  }: Act & { id: string; name?: string | undefined; isDefault?: boolean | undefined },
): Promise<PutQueueResult> {
  return writing(db, act, async (transaction) => {
    if (isDefault) await dethrone(transaction, act.tenantId)
    const row = await transaction
      .updateTable('queue')
      .set((column) => ({
        name: name ?? column.ref('name'),
        is_default: isDefault ?? column.ref('is_default'),
      }))
      .where('tenant_id', '=', act.tenantId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    // What was done so far is undone: the default one stays.
    if (!row) throw new QueueNotFound()
    await audit(transaction, act, id, 'UPDATED', { name, isDefault })
    return { status: 'written', queue: toQueue(row) }
  })
}

class QueueNotFound extends Error {}

/** Writers of one tenant's queues take turns, so that the default one and the count hold. */
async function writing(
  { db }: { db: Database },
  { tenantId }: Act,
  act: (transaction: DatabaseTransaction) => Promise<PutQueueResult>,
): Promise<PutQueueResult> {
  try {
    return await inTransaction(db, async (transaction) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`queues/${tenantId}`}, 0))`.execute(
        transaction,
      )
      return await act(transaction)
    })
  } catch (error) {
    if (error instanceof QueueNotFound) return { status: 'not_found' }
    if (violatesUnique(error, 'queue_tenant_id_name_key')) return { status: 'name_taken' }
    throw error
  }
}

async function dethrone(transaction: DatabaseTransaction, tenantId: string): Promise<void> {
  await transaction
    .updateTable('queue')
    .set({ is_default: false })
    .where('tenant_id', '=', tenantId)
    .where('is_default', '=', true)
    .execute()
}

const audit = (
  transaction: DatabaseTransaction,
  act: Act,
  entityId: string,
  action: 'CREATED' | 'UPDATED',
  details: Record<string, unknown>,
) => recordAudit(transaction, [{ ...act, action, entityType: 'queue', entityId, details }])
