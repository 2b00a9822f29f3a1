import type { Envelope } from '@carteiro/contracts/envelope'
import type { UnitOfWork } from '../events/unit-of-work.ts'

/**
 * Marks an envelope as applied, in the transaction of its effect. For the kinds that are no messages: those are kept
 * from being stored twice by WhatsApp's id of the message.
 *
 * @returns whether it is new; when not, it must have no effect
 */
export async function markApplied(
  { transaction }: UnitOfWork,
  { tenantId, id, kind }: Pick<Envelope, 'tenantId' | 'id' | 'kind'>,
): Promise<boolean> {
  const marked = await transaction
    .insertInto('applied_envelope')
    .values({ tenant_id: tenantId, envelope_id: id, kind })
    .onConflict((conflict) => conflict.doNothing())
    .returning('envelope_id')
    .executeTakeFirst()
  return marked !== undefined
}
