import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from '../messages/store-message.ts'

/**
 * Keeps the work that messages' files are: one row for each that is to be fetched, in the transaction that stores the
 * message. Messages without a file cost nothing.
 */
export async function keepMedia(
  { transaction }: Pick<UnitOfWork, 'transaction'>,
  rows: MessageRow[],
): Promise<void> {
  const pending = rows.filter(({ media }) => media?.state === 'pending')
  if (pending.length === 0) return
  await transaction
    .insertInto('media_download')
    .values(pending.map(({ tenant_id, id, instance_id }) => ({ tenant_id, message_id: id, instance_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
