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

/** What the delivery `d` fails as when it may not leave any more: nobody may deny one that may be on a phone. */
const endingAs = (code: string, { denied, unanswered }: { denied: string; unanswered: string }) => ({
  code: sql`case when ${MAY_HAVE_LEFT} then 'OUTCOME_UNKNOWN' else ${code} end`,
  message: sql`case when ${MAY_HAVE_LEFT} then ${unanswered} else ${denied} end`,
})

/** Its `expiresAt` is past. */
export const PAST_END = endingAs('EXPIRED', {
  denied: 'It did not leave before its end.',
  unanswered: 'Its end came, and an attempt before it was not answered: it may have been sent.',
})

/** Its contact's consent was withdrawn. */
export const BLOCKED = endingAs('BLOCKED_BY_POLICY', {
  denied: 'The contact does not agree to be written to for this purpose.',
  unanswered: 'The consent was withdrawn, and an attempt before was not answered: it may have been sent.',
})
