import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from '../messages/store-message.ts'

type BytesOf = Pick<MessageRow, 'tenant_id' | 'id' | 'instance_id'>

/**
 * Messages that go take their files with them: what is not fetched will not be, and what may be stored is deleted by
 * a worker after the commit. A fetch that is under way ends first, else it would store the bytes again.
 *
 * @param rows the messages as they were before
 */
export async function dropMedia(
  work: UnitOfWork,
  rows: (BytesOf & Pick<MessageRow, 'media'>)[],
): Promise<void> {
  await deleteBytes(
    work,
    rows.filter(({ media }) => media !== null),
  )
}

/** Lets a worker delete what is stored of these messages, if anything is. */
export async function deleteBytes({ transaction }: UnitOfWork, rows: BytesOf[]): Promise<void> {
  if (rows.length === 0) return
  await transaction
    .insertInto('media_download')
    .values(
      rows.map(({ tenant_id, id, instance_id }) => ({
        tenant_id,
        message_id: id,
        instance_id,
        act: 'delete' as const,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'message_id']).doUpdateSet({
        act: 'delete',
        next_attempt_at: sql`coalesce(media_download.claimed_until, now())`,
      }),
    )
    .execute()
}
