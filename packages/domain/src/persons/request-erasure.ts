import { Erasure } from '@carteiro/contracts/person'
import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import type { ContactErasureTable } from '@carteiro/database/person-tables'
import type { Selectable } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import type { PersonKey } from './person.ts'

export interface ErasureRequest extends PersonKey {
  actor: string
  requestId: string
}

/**
 * Asks the workers to forget a contact. Asked again it changes nothing, and tells how it goes.
 *
 * @returns `undefined` when the tenant has no such contact
 */
export async function requestErasure(
  { db }: { db: Database },
  { tenantId, contactId, actor, requestId }: ErasureRequest,
): Promise<Erasure | undefined> {
  return inTransaction(db, async (transaction) => {
    // Held, so that no merge deletes it.
    const contact = await transaction
      .selectFrom('contact')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', contactId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!contact) return undefined
    const asked = await transaction
      .insertInto('contact_erasure')
      .values({ tenant_id: tenantId, contact_id: contactId })
      .onConflict((conflict) => conflict.doNothing())
      .returning('contact_id')
      .executeTakeFirst()
    if (asked) {
      const entity = { entityType: 'contact' as const, entityId: contactId }
      const details = { asked: 'erasure' }
      await recordAudit(transaction, [{ tenantId, actor, action: 'ERASED', ...entity, details, requestId }])
    }
    return readErasure(transaction, { tenantId, contactId })
  })
}

/** How the erasure of a contact goes, or went; `undefined` when nobody asked for one. */
export async function readErasure(
  db: Queryable,
  { tenantId, contactId }: PersonKey,
): Promise<Erasure | undefined> {
  const row = await db
    .selectFrom('contact_erasure')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('contact_id', '=', contactId)
    .executeTakeFirst()
  return row && toErasure(row)
}

const toErasure = (row: Selectable<ContactErasureTable>): Erasure =>
  Erasure.parse({
    contactId: row.contact_id,
    requestedAt: row.requested_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    step: row.step,
    waitingFor: row.waiting_for,
    messages: row.messages,
    events: row.events,
    brokers: row.brokers,
  })
