import { namePatternsOf } from '@carteiro/contracts/person'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { z } from 'zod'
import { readLastSeq } from '../events/read.ts'
import { blankEvent, withoutLastWords, withoutQuote } from './blank-event.ts'
import { mentions } from './mentions.ts'
import type { ErasureRun, Step } from './step.ts'
import { withoutPerson } from './without-person.ts'

/** Numbers that are passed in one transaction. */
const PAGE = 2_000

const Place = z.object({
  seq: z.number(),
  /** The last one that may be of the person: what comes later is of nobody. */
  until: z.number(),
  /** The contact, and those that went into it. */
  contacts: z.array(z.uuid()),
})

interface OwnEvent {
  seq: number
  day: string
  payload: Record<string, unknown>
  is_own: boolean
  is_quoting: boolean
  is_of_group: boolean
}

/** The copies in the log of what was blanked: the same events, numbers and all, without the person. */
export const eraseEvents: Step = async ({ transaction }, run) => {
  const { tenant_id: tenantId } = run
  const place = Place.safeParse(run.place).data ?? (await begin(transaction, run))
  const end = Math.min(place.seq + PAGE, place.until)
  const { rows } = await sql<OwnEvent>`
    select seq, day, payload, w.* from event e cross join lateral (select
      coalesce(contact_id = any(${place.contacts}::uuid[]), false) or coalesce(ticket_id in (
          select id from ticket where tenant_id = ${tenantId} and contact_id = ${run.contact_id}), false)
        or exists (select from message m where m.tenant_id = e.tenant_id and m.type = 'erased'
          and m.id = (e.payload #>> '{message,id}')::uuid) as is_own,
      exists (select from message m where m.tenant_id = e.tenant_id and m.type = 'erased'
        and m.id = (e.payload #>> '{message,quoted,id}')::uuid) as is_quoting,
      not payload ? 'message' and coalesce(ticket_id = any(${run.group_tickets}::uuid[]), false) as is_of_group,
      ${mentions(run, sql`payload::text`)} as is_named) w
    where tenant_id = ${tenantId} and seq > ${place.seq} and seq <= ${end} and (
        is_own or is_quoting or is_of_group or (is_named and occurred_at <= ${run.started_at}))`.execute(
    transaction,
  )
  const names = namePatternsOf(run.jids)
  const blanked = rows.map((row) => ({
    ...{ seq: row.seq, day: row.day },
    payload: withoutPerson(blank(row), names),
  }))
  await sql`
    update event e set payload = b.payload
    from jsonb_to_recordset(${JSON.stringify(blanked)}::jsonb) as b (seq bigint, day date, payload jsonb)
    where e.tenant_id = ${tenantId} and e.seq = b.seq and e.day = b.day`.execute(transaction)
  if (end >= place.until) return { next: 'step', events: blanked.length }
  return { next: 'more', place: { ...place, seq: end }, events: blanked.length }
}

function blank({ payload, is_own: isOwn, is_quoting: isQuoting, is_of_group: isOfGroup }: OwnEvent) {
  if (isOwn) return blankEvent(payload)
  const unquoted = isQuoting ? withoutQuote(payload) : payload
  return isOfGroup ? withoutLastWords(unquoted) : unquoted
}

async function begin(
  transaction: DatabaseTransaction,
  { tenant_id: tenantId, contact_id: contactId }: ErasureRun,
) {
  const { rows } = await sql<{ id: string }>`
    with recursive own as (
      select ${contactId}::uuid as id
      union select (e.payload ->> 'mergedContactId')::uuid
        from own join event e on e.tenant_id = ${tenantId} and e.contact_id = own.id and e.type = 'contact.merged'
    )
    select id from own`.execute(transaction)
  const first = await sql<{ seq: number }>`
    select coalesce(min(seq), 1) as seq from event where tenant_id = ${tenantId}`.execute(transaction)
  return {
    seq: (first.rows[0]?.seq ?? 1) - 1,
    until: await readLastSeq(transaction, tenantId),
    contacts: rows.map(({ id }) => id),
  }
}
