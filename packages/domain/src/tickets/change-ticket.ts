import type { TicketChange, TicketView } from '@carteiro/contracts/ticket'
import type { TicketTable } from '@carteiro/database/tables'
import { violatesUnique } from '@carteiro/database/violates-unique'
import { type Selectable, sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { appendTimeline, type TimelineEntry } from '../timeline/append.ts'
import { lockTicket, type TicketKey } from './lock-ticket.ts'
import { tellTicketUpdated } from './tell-ticket.ts'
import { readTicket } from './view.ts'

export interface ChangeRequest extends TicketKey {
  change: TicketChange
  /** The version that the writer has seen; left out, whatever is there is changed. */
  ifVersion?: number | undefined
  actor: string
  requestId: string
}

export type ChangeResult =
  | { status: 'changed' | 'unchanged'; ticket: TicketView }
  | { status: 'not_found' | 'unknown_queue' }
  /** Somebody changed it meanwhile. */
  | { status: 'stale'; version: number }
  /** It cannot be opened again: its contact has another open ticket on this instance. */
  | { status: 'other_open'; ticketId: string }

type Row = Selectable<TicketTable>
type Columns = Pick<Row, 'status' | 'assignee_id' | 'queue_id'>

/**
 * Changes a ticket's status, assignee or queue: its timeline, the audit trail and the event log tell of it. What is there
 * already changes nothing. A closed ticket stays closed when its contact writes: that opens another one.
 */
export async function changeTicket(
  dependencies: CommitDependencies,
  request: ChangeRequest,
): Promise<ChangeResult> {
  return commit(dependencies, async (work): Promise<ChangeResult> => {
    const { transaction } = work
    const before = await lockTicket(transaction, request)
    if (!before) return { status: 'not_found' }
    const { ifVersion } = request
    if (ifVersion !== undefined && ifVersion !== before.version)
      return { status: 'stale', version: before.version }
    const wanted = wantedOf(before, request.change)
    const entries = entriesOf(before, wanted)
    if (await isQueueMissing(work, before, wanted)) return { status: 'unknown_queue' }
    if (entries.length > 0) {
      const other = await writeUnlessOtherOpen(work, request, { before, wanted, entries })
      if (other) return { status: 'other_open', ticketId: other.id }
    }
    const ticket = await readTicket(transaction, request)
    if (!ticket) return { status: 'not_found' }
    return { status: entries.length > 0 ? 'changed' : 'unchanged', ticket }
  })
}

const wantedOf = (before: Row, { status, assigneeId, queueId }: TicketChange): Columns => ({
  status: status ?? before.status,
  assignee_id: assigneeId === undefined ? before.assignee_id : assigneeId,
  queue_id: queueId === undefined ? before.queue_id : queueId,
})

type Entry = Pick<TimelineEntry, 'type' | 'details'>

/** What the timeline says of it; nothing, when nothing changes. */
function entriesOf(before: Row, wanted: Columns): Entry[] {
  const entries: Entry[] = []
  if (wanted.status !== before.status) entries.push({ type: STATUS_ENTRY[wanted.status] })
  if (wanted.assignee_id !== before.assignee_id)
    entries.push({
      type: 'TICKET_ASSIGNED',
      details: { from: before.assignee_id, to: wanted.assignee_id },
    })
  if (wanted.queue_id !== before.queue_id)
    entries.push({ type: 'TICKET_QUEUED', details: { from: before.queue_id, to: wanted.queue_id } })
  return entries
}

const STATUS_ENTRY = {
  open: 'TICKET_REOPENED',
  pending: 'TICKET_PENDING',
  closed: 'TICKET_CLOSED',
} as const satisfies Record<Row['status'], TimelineEntry['type']>

/** Held until the change is made: a queue that is deleted meanwhile would take the ticket out of it again. */
async function isQueueMissing({ transaction }: UnitOfWork, before: Row, wanted: Columns): Promise<boolean> {
  if (wanted.queue_id === null || wanted.queue_id === before.queue_id) return false
  const queue = await transaction
    .selectFrom('queue')
    .select('id')
    .where('tenant_id', '=', before.tenant_id)
    .where('id', '=', wanted.queue_id)
    .forShare()
    .executeTakeFirst()
  return queue === undefined
}

interface Written {
  before: Row
  wanted: Columns
  entries: Entry[]
}

/**
 * A message of the contact may open another ticket at any moment: the unique index alone knows.
 *
 * @returns the other open ticket; then nothing is changed
 */
async function writeUnlessOtherOpen(
  work: UnitOfWork,
  request: ChangeRequest,
  written: Written,
): Promise<{ id: string } | undefined> {
  try {
    await work.part(() => writeChange(work, request, written))
    return undefined
  } catch (error) {
    if (!violatesUnique(error, 'ticket_one_open')) throw error
    const { tenant_id, contact_id, instance_id } = written.before
    return await work.transaction
      .selectFrom('ticket')
      .select('id')
      .where('tenant_id', '=', tenant_id)
      .where('contact_id', '=', contact_id)
      .where('instance_id', '=', instance_id)
      .where('status', '<>', 'closed')
      .executeTakeFirstOrThrow()
  }
}

async function writeChange(
  work: UnitOfWork,
  { tenantId, id, change, actor, requestId }: ChangeRequest,
  { before, wanted, entries }: Written,
): Promise<void> {
  const after = await work.transaction
    .updateTable('ticket')
    .set({
      ...wanted,
      closed_at: wanted.status === 'closed' ? (before.closed_at ?? sql`now()`) : null,
      version: sql`version + 1`,
      updated_at: sql`now()`,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await appendTimeline(
    work.transaction,
    entries.map((entry) => ({ ...entry, details: { ...entry.details, by: actor }, tenantId, ticketId: id })),
  )
  const entity = { entityType: 'ticket' as const, entityId: id }
  await recordAudit(work.transaction, [
    { tenantId, actor, action: 'UPDATED', ...entity, details: { change }, requestId },
  ])
  tellTicketUpdated(work, after)
}
