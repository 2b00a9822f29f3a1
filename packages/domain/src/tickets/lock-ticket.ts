import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** Whose ticket. */
export interface TicketKey {
  tenantId: string
  id: string
}

/** The ticket, which nobody else changes until this transaction ends; `undefined` when the tenant has no such one. */
export const lockTicket = (
  transaction: DatabaseTransaction,
  { tenantId, id }: TicketKey,
): Promise<Selectable<TicketTable> | undefined> =>
  transaction
    .selectFrom('ticket')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
