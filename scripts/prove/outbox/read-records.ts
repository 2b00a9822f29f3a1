import type { DeliveryState } from '@carteiro/contracts/delivery'
import type pg from 'pg'

/** A delivery as it came to rest, with everything that is on record about it. */
export interface Recorded {
  id: string
  text: string
  /** Digits. */
  phone: string
  state: DeliveryState
  messageState: string
  errorCode: string | null
  providerMessageId: string | null
  attempts: number
  /** The states that it reached, in order. */
  history: DeliveryState[]
  /** Attempts of the last round that counted, by their number, in order. */
  numbers: number[]
  /** Attempts of all rounds that have no end. */
  unfinished: number
  /** Whether an attempt ended without anybody's knowing whether it left. */
  unclear: boolean
  /** How many entries there are, by the audit's action, the timeline's type, and the event's status. */
  audit: Record<string, number>
  timeline: Record<string, number>
  events: Record<string, number>
}

/** Reads every delivery of the database. */
export async function readRecords(database: pg.Client): Promise<Recorded[]> {
  const { rows } = await database.query<Recorded>(`
    select d.id, d.payload ->> 'text' as text, regexp_replace(d.lane, '@.*', '') as phone, d.state,
      m.state as "messageState", d.error_code as "errorCode", d.provider_message_id as "providerMessageId", d.attempts,
      coalesce((select array_agg(h.state order by h.number) from delivery_history h
        where h.tenant_id = d.tenant_id and h.delivery_id = d.id), '{}') as history,
      coalesce((select array_agg(a.number order by a.number) from delivery_attempt a
        where a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.generation = d.generation
          and a.outcome <> 'waiting'), '{}') as numbers,
      (select count(*)::int from delivery_attempt a
        where a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.finished_at is null) as unfinished,
      exists (select from delivery_attempt a where a.tenant_id = d.tenant_id and a.delivery_id = d.id
        and (a.fault = 'unknown' or a.outcome in ('pending', 'abandoned'))) as unclear,
      ${counted('action', "audit_entry e where e.entity_type = 'delivery' and e.entity_id = d.id::text")} as audit,
      ${counted('type', 'timeline_entry e where e.message_id = d.id')} as timeline,
      ${counted("payload ->> 'status'", "event e where e.type = 'message.status.changed' and e.payload ->> 'messageId' = d.id::text")} as events
    from delivery d left join message m on m.tenant_id = d.tenant_id and m.id = d.id
    order by d.id`)
  return rows
}

/** `{value: how often}`. */
const counted = (value: string, from: string): string => `
  coalesce((select jsonb_object_agg(name, times) from (
    select e.${value} as name, count(*) as times from ${from} group by 1) c), '{}')`

/** Events of a tenant are numbered without a hole: a sentence for each tenant where they are not. */
export async function readEventHoles(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query<{ tenant: string; events: number; last: number }>(`
    select tenant_id as tenant, count(*)::int as events, max(seq)::int as last from event
    group by tenant_id having count(*) <> max(seq) or min(seq) <> 1`)
  return rows.map(({ tenant, events, last }) => `${tenant} has ${events} events, the last is number ${last}`)
}
