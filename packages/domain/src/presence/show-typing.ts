import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** A ticket in whose chat it shall be shown that somebody types. */
export interface TypingInTicket {
  tenantId: string
  ticketId: string
}

/** Where it is shown. */
export interface ShownTyping {
  instanceId: string
  transport: 'baileys' | 'cloud'
  /** The chat. */
  to: string
  /** WhatsApp's id of the customer's newest message: by it Meta knows the chat. */
  messageId: string | null
}

/** Shown so often while somebody goes on; a Cloud API number's stays for 25 s by itself. */
export const SHOW_EVERY_SECONDS = { baileys: 5, cloud: 20 } as const

/**
 * Takes the turn to show typing in a ticket's chat: one worker has it, and so often only. Meta marks messages as read
 * by it, so a number without receipts shows none.
 *
 * @returns `undefined` where it is another's turn, too early, not wanted by the instance's settings, or not possible
 */
export async function takeTypingTurn(
  db: Queryable,
  { tenantId, ticketId }: TypingInTicket,
): Promise<ShownTyping | undefined> {
  const { rows } = await sql<ShownTyping>`
    with chat as (
      select i.id as "instanceId", i.transport, coalesce(k.phone, k.lid, k.jid) as "to"
      from ticket t
        join instance i on i.tenant_id = t.tenant_id and i.id = t.instance_id
        join contact k on k.tenant_id = t.tenant_id and k.id = t.contact_id
      where t.tenant_id = ${tenantId} and t.id = ${ticketId} and i.delivery = 'push'
        and i.settings #> '{broker,typing}' = 'true' and coalesce(k.phone, k.lid, k.jid) is not null
        and case i.transport when 'cloud' then i.settings #> '{broker,readReceipts}' is distinct from 'false'
          else i.connected end
    ), shown as (
      insert into typing_shown as s (tenant_id, ticket_id) select ${tenantId}, ${ticketId}::uuid from chat
      on conflict (tenant_id, ticket_id) do update set shown_at = now()
      where s.shown_at <= now() - make_interval(secs => (
        select case transport when 'cloud' then ${SHOW_EVERY_SECONDS.cloud}::int else ${SHOW_EVERY_SECONDS.baileys}::int end
        from chat))
      returning s.ticket_id
    )
    select chat.*, (
      select provider_message_id from message
      where tenant_id = ${tenantId} and ticket_id = shown.ticket_id and direction = 'inbound'
        and provider_message_id is not null and chat.transport = 'cloud'
      order by number desc limit 1
    ) as "messageId"
    from chat cross join shown`.execute(db)
  return rows[0]
}

/** What was shown long ago holds up nothing any more. */
export async function forgetShownTyping(db: Queryable): Promise<void> {
  await sql`delete from typing_shown where shown_at < now() - interval '1 minute'`.execute(db)
}
