import { namePatternsOf } from '@carteiro/contracts/person'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { blankMessages, ERASED_COLUMNS, type ErasedMessage } from './blank-messages.ts'
import { mentions } from './mentions.ts'
import { BATCH, type ErasureRun, numberOf, type Step, type StepDone, ticketOf } from './step.ts'
import { withoutPerson } from './without-person.ts'

/** The last three are there only where it names or quotes the person. */
interface LookedAt {
  id: string
  ticket_id: string
  number: number
  text: string | null
  content: Record<string, unknown> | null
  metadata: Record<string, unknown> | null
}

/** What a person wrote and did in groups, and then what others wrote there of it: its name, and what they quoted. */
export const eraseInGroups: Step = async (work, run) => {
  const written = await blankWritten(work, run)
  if (written > 0) return { next: 'more', messages: written }
  if (await dropDeeds(work, run)) return { next: 'more' }
  return blankTold(work, run)
}

async function blankWritten(work: UnitOfWork, run: ErasureRun): Promise<number> {
  const { tenant_id: tenantId, jids } = run
  const { rows } = await sql<ErasedMessage>`
    select ${ERASED_COLUMNS} from message m
    where m.tenant_id = ${tenantId} and m.metadata ->> 'participantJid' = any(${jids}::text[])
    order by m.number limit ${BATCH} for update`.execute(work.transaction)
  await blankMessages(work, run, rows)
  await blankLastWords(work, run, [...new Set(rows.map((row) => row.ticket_id))])
  return rows.length
}

/** A list of tickets shows the last words, and so do notifications. */
async function blankLastWords(work: UnitOfWork, run: ErasureRun, tickets: string[]): Promise<void> {
  if (tickets.length === 0) return
  const { tenant_id: tenantId, contact_id: contactId } = run
  const those = sql`any(${tickets}::uuid[])`
  await sql`
    update contact_erasure set group_tickets = array(
      select unnest(group_tickets) union select unnest(${tickets}::uuid[]))
    where tenant_id = ${tenantId} and contact_id = ${contactId}`.execute(work.transaction)
  await sql`update notification set body = '' where tenant_id = ${tenantId} and ticket_id = ${those}`.execute(
    work.transaction,
  )
  const { rows } = await sql<Selectable<TicketTable>>`
    update ticket k set preview = null, updated_at = now()
    where k.tenant_id = ${tenantId} and k.id = ${those} and k.preview is not null and (
      select m.type from message m where m.tenant_id = k.tenant_id and m.ticket_id = k.id
      order by m.number desc limit 1) = 'erased'
    returning k.*`.execute(work.transaction)
  for (const ticket of rows) tellTicketUpdated(work, ticket)
}

/** Its reactions, votes and receipts. @returns whether there may be more */
async function dropDeeds(
  { transaction }: UnitOfWork,
  { tenant_id: tenantId, jids, started_at: until }: ErasureRun,
): Promise<boolean> {
  const own = sql`any(${jids}::text[])`
  const deeds = [
    ['message_reaction', sql`reactor = ${own} and reacted_at <= ${until}`],
    ['message_receipt', sql`participant <> '' and participant = ${own}`],
    ['poll_vote', sql`voter_jids && ${jids}::text[] and voted_at <= ${until}`],
  ] as const
  let isMore = false
  for (const [table, isPersons] of deeds) {
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)} where ctid in (
        select ctid from ${sql.table(table)} where tenant_id = ${tenantId} and ${isPersons} limit ${BATCH})`.execute(
      transaction,
    )
    isMore ||= Number(numAffectedRows ?? 0) === BATCH
  }
  return isMore
}

/** Messages that are looked at together: few of them name anybody. */
const LOOK = 1_000

/** What other members wrote: the name stands for nobody, and what is quoted is gone. */
async function blankTold({ transaction }: UnitOfWork, run: ErasureRun): Promise<StepDone> {
  const { tenant_id: tenantId } = run
  const isNamed = sql`
    ${mentions(run, sql`m.content::text`)} or ${mentions(run, sql`m.metadata::text`)}
    or coalesce(${mentions(run, sql`m.text`)}, false)`
  const isQuoting = sql`exists (select from message q
    where q.tenant_id = m.tenant_id and q.instance_id = m.instance_id and q.type = 'erased'
      and q.direction in ('inbound', 'outbound') and q.provider_message_id = m.content ->> 'quotedMessageId')`
  const { rows } = await sql<LookedAt>`
    with looked as (
      select m.* from message m where m.tenant_id = ${tenantId} and m.type <> 'erased' and m.ticket_id in (
          select k.id from ticket k join contact c on c.tenant_id = k.tenant_id and c.id = k.contact_id
          where k.tenant_id = ${tenantId} and c.kind = 'group')
        and (m.ticket_id, m.number) > (${ticketOf(run)}::uuid, ${numberOf(run)}::bigint)
      order by m.ticket_id, m.number limit ${LOOK}
    )
    select m.id, m.ticket_id, m.number, told.*
    from looked m left join lateral (
      select m.text, m.content, m.metadata where ${isNamed} or ${isQuoting}
    ) told on true
    order by m.ticket_id, m.number`.execute(transaction)
  const names = namePatternsOf(run.jids)
  for (const row of rows) if (row.content) await rewrite(transaction, tenantId, row, names)
  const last = rows.at(-1)
  if (!last || rows.length < LOOK) return { next: 'step' }
  return { next: 'more', place: { ticket: last.ticket_id, number: last.number } }
}

async function rewrite(
  transaction: DatabaseTransaction,
  tenantId: string,
  { id, text, content, metadata }: LookedAt,
  names: string[],
): Promise<void> {
  const next = { ...Object(withoutPerson(content, names)), quotedText: null }
  await sql`
    update message set text = ${withoutPerson(text, names)}, metadata = ${JSON.stringify(withoutPerson(metadata, names))}::jsonb,
      content = ${JSON.stringify(next)}::jsonb
    where tenant_id = ${tenantId} and id = ${id}`.execute(transaction)
}
