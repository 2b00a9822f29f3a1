import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

/**
 * Joins what was read of two tickets that become one, and is still to be told. A mark is a range of numbers: it ends
 * before the first message of either that nobody has read. Who tells one of the two just now settles nothing: it is
 * told again. Both tickets are locked, and have their messages still.
 */
export async function mergeReadMarks(
  transaction: DatabaseTransaction,
  tenantId: string,
  { keptTicketId, goneTicketId }: { keptTicketId: string; goneTicketId: string },
): Promise<void> {
  const ofEither = sql`any(${[keptTicketId, goneTicketId]}::uuid[])`
  await sql`
    with gone as (
      delete from read_mark where tenant_id = ${tenantId} and ticket_id = ${ofEither} returning *
    ), mark as (
      select instance_id, min(from_number) as first, max(to_number) as last, max(read_at) as read_at,
        max(attempts) + 1 as attempts
      from gone group by instance_id
    ), unread as (
      select min(m.number) as first from mark cross join ticket t cross join lateral (
        select number from message
        where tenant_id = t.tenant_id and ticket_id = t.id and direction = 'inbound'
        order by number desc limit t.unread_count
      ) m
      where t.tenant_id = ${tenantId} and t.id = ${ofEither} and m.number between mark.first and mark.last
    )
    insert into read_mark (tenant_id, ticket_id, instance_id, from_number, to_number, read_at, attempts)
    select ${tenantId}, ${keptTicketId}, mark.instance_id, mark.first, coalesce(unread.first - 1, mark.last),
      mark.read_at, mark.attempts
    from mark cross join unread where coalesce(unread.first - 1, mark.last) >= mark.first`.execute(
    transaction,
  )
}
