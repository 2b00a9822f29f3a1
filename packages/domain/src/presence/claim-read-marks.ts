import { MAX_READ } from '@carteiro/contracts/broker-presence'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** Messages of one ticket that WhatsApp is to be told of as read; this worker's alone until its claim ends. */
export interface ClaimedReadMark {
  tenantId: string
  ticketId: string
  instanceId: string
  transport: 'baileys' | 'cloud'
  /** Which try this is, from 1. */
  attempt: number
  /** A person's address; `null` for a group, whose messages each have a writer of their own. */
  to: string | null
  /** WhatsApp's ids, oldest first, `MAX_READ` at most; none when there is nothing left to tell. */
  messageIds: string[]
  /** The number up to which that is everything. */
  through: number
}

/** These have nothing behind them that WhatsApp could show as read. */
const UNTOLD = ['call', 'undecryptable', 'revoked']

/** One that hangs does not hold up the others. */
const AN_INSTANCE = 2

/**
 * Claims what was read and can be told just now, also what a dead worker left. Of an instance that is not connected it
 * waits, and of any other only a few are told at a time. A chore: it looks across tenants.
 */
export async function claimReadMarks(
  db: Queryable,
  { limit, claimSeconds }: { limit: number; claimSeconds: number },
): Promise<ClaimedReadMark[]> {
  const { rows } = await sql<ClaimedReadMark>`
    with waiting as (
      select r.tenant_id, r.ticket_id, r.instance_id,
        row_number() over (partition by r.tenant_id, r.instance_id order by r.next_attempt_at, r.ticket_id) as place
      from read_mark r join instance i on i.tenant_id = r.tenant_id and i.id = r.instance_id
      where r.next_attempt_at <= now() and (i.connected or i.transport = 'cloud')
    ), due as (
      select r.tenant_id, r.ticket_id from read_mark r
        join waiting w on w.tenant_id = r.tenant_id and w.ticket_id = r.ticket_id
      where r.next_attempt_at <= now() and w.place <= ${AN_INSTANCE} - (
        select count(*) from read_mark o where o.tenant_id = w.tenant_id and o.instance_id = w.instance_id
          and o.claimed and o.next_attempt_at > now())
      order by r.next_attempt_at limit ${limit} for update of r skip locked
    ), claimed as (
      update read_mark r set attempts = r.attempts + 1, claimed = true,
        next_attempt_at = now() + make_interval(secs => ${claimSeconds})
      from due where r.tenant_id = due.tenant_id and r.ticket_id = due.ticket_id
      returning r.*
    )
    select c.tenant_id as "tenantId", c.ticket_id as "ticketId", c.instance_id as "instanceId", i.transport,
      c.attempts as attempt, case when k.kind = 'person' then coalesce(k.phone, k.lid, k.jid) end as "to",
      coalesce(page.ids, '{}') as "messageIds",
      case when cardinality(page.ids) = ${MAX_READ} then page.last else c.to_number end as through
    from claimed c
      join instance i on i.tenant_id = c.tenant_id and i.id = c.instance_id
      join ticket t on t.tenant_id = c.tenant_id and t.id = c.ticket_id
      join contact k on k.tenant_id = t.tenant_id and k.id = t.contact_id
      cross join lateral (
        select array_agg(m.provider_message_id order by m.number) as ids, max(m.number) as last from (
          select number, provider_message_id from message
          where tenant_id = c.tenant_id and ticket_id = c.ticket_id and direction = 'inbound'
            and number between c.from_number and c.to_number and provider_message_id is not null
            and type <> all(${UNTOLD}::text[])
          order by number limit ${MAX_READ}
        ) m
      ) page`.execute(db)
  return rows
}
