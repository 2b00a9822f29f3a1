import { sql } from 'kysely'

/**
 * Whether the delivery `d` may have left, although it is not SENT. The last attempt that tells anything decides: an
 * answer that never came, or came halfway, leaves it open. An error receipt, which is forgotten with its key, closes
 * it.
 */
export const MAY_HAVE_LEFT = sql`(
  (d.error_code is not distinct from 'OUTCOME_UNKNOWN' or coalesce((
    select a.fault = 'unknown' or a.outcome in ('pending', 'abandoned') from delivery_attempt a
    where a.tenant_id = d.tenant_id and a.delivery_id = d.id
      and (a.fault in ('message', 'unknown') or a.outcome in ('sent', 'pending', 'abandoned'))
    order by a.generation desc, a.number desc limit 1
  ), false))
  and not exists (select from message_receipt r
    where r.tenant_id = d.tenant_id and r.message_id = d.id and r.participant = '' and r.status = 'FAILED')
)`

/** What the delivery `d` fails as when its end is past: nobody may say EXPIRED of one that may be on a phone. */
export const PAST_END = {
  code: sql`case when ${MAY_HAVE_LEFT} then 'OUTCOME_UNKNOWN' else 'EXPIRED' end`,
  message: sql`case when ${MAY_HAVE_LEFT} then 'Its end came, and an attempt before it was not answered: it may have been sent.'
    else 'It did not leave before its end.' end`,
}
