import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { recordAudit } from '../audit/record.ts'
import { findPerson, type Person, type PersonKey } from './person.ts'

export interface ExportRequest extends PersonKey {
  actor: string
  requestId: string
}

/**
 * Finds the contact whose data somebody asks for, and writes to the audit trail that it was handed out.
 *
 * @returns `undefined` when the tenant has no such contact; nothing is written then
 */
export async function recordExport(
  { db }: { db: Database },
  { tenantId, contactId, actor, requestId }: ExportRequest,
): Promise<Person | undefined> {
  return inTransaction(db, async (transaction) => {
    const person = await findPerson(transaction, { tenantId, contactId })
    if (!person) return undefined
    const entity = { entityType: 'contact' as const, entityId: contactId }
    await recordAudit(transaction, [{ tenantId, actor, action: 'EXPORTED', ...entity, requestId }])
    return person
  })
}
