import type { Queryable } from '@carteiro/database/connect'

/** Whether the tenant has this ticket. */
export async function hasTicket(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('ticket')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

/** Where an answer to a ticket goes: its instance, and its contact's address; `undefined` when there is no ticket. */
export async function findTicketAddress(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<{ instanceId: string; to: string } | undefined> {
  const row = await db
    .selectFrom('ticket')
    .innerJoin('contact', (join) =>
      join.onRef('contact.tenant_id', '=', 'ticket.tenant_id').onRef('contact.id', '=', 'ticket.contact_id'),
    )
    .select(['ticket.instance_id', 'contact.phone', 'contact.lid', 'contact.jid'])
    .where('ticket.tenant_id', '=', tenantId)
    .where('ticket.id', '=', id)
    .executeTakeFirst()
  const to = row?.phone ?? row?.lid ?? row?.jid
  return row && to ? { instanceId: row.instance_id, to } : undefined
}
