import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'

/**
 * Keeps that a ticket's unread messages were read, so that a worker tells WhatsApp; in the transaction that makes them
 * read. What nobody could tell is not kept: of brokers that cannot be called, and of Cloud API numbers without
 * receipts. A linked phone's broker looks at that setting itself, as its own devices are told in any case.
 *
 * @param ticket as it was before, locked
 */
export async function keepReadMark(
  transaction: DatabaseTransaction,
  { tenant_id, id, instance_id, unread_count }: Selectable<TicketTable>,
): Promise<void> {
  await sql`
    insert into read_mark as r (tenant_id, ticket_id, instance_id, from_number, to_number)
    select i.tenant_id, ${id}, i.id, unread.first, unread.last
    from instance i cross join lateral (
      select min(number) as first, max(number) as last from (
        select number from message
        where tenant_id = ${tenant_id} and ticket_id = ${id} and direction = 'inbound'
        order by number desc limit ${unread_count}
      ) newest
    ) unread
    where i.tenant_id = ${tenant_id} and i.id = ${instance_id} and i.delivery = 'push' and unread.first is not null
      and (i.transport = 'baileys' or i.settings #> '{broker,readReceipts}' is distinct from 'false')
    on conflict (tenant_id, ticket_id) do update set
      from_number = least(r.from_number, excluded.from_number),
      to_number = greatest(r.to_number, excluded.to_number), read_at = now(),
      next_attempt_at = case when r.claimed then r.next_attempt_at else now() end`.execute(transaction)
}
