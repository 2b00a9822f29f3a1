import type { TicketState, TicketTimeline } from '@carteiro/contracts/ticket'
import type { TicketTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** What events tell of a ticket, as it stands after the act. */
export interface DescribedTicket {
  ticket: TicketState
  timeline: TicketTimeline
}

/** The columns that `describeTicket` reads. */
export const DESCRIBED_COLUMNS = [
  'status',
  'queue_id',
  'assignee_id',
  'preview',
  'unread_count',
  'last_message_at',
  'version',
  'first_inbound_at',
  'last_inbound_at',
  'first_outbound_at',
  'last_outbound_at',
] as const

export type DescribedRow = Pick<Selectable<TicketTable>, (typeof DESCRIBED_COLUMNS)[number]>

/** A row of `ticket`, as events tell of it: a list of tickets needs no more to be right again. */
export const describeTicket = (row: DescribedRow): DescribedTicket => ({
  ticket: {
    status: row.status,
    queueId: row.queue_id,
    assigneeId: row.assignee_id,
    preview: row.preview,
    unreadCount: row.unread_count,
    lastMessageAt: iso(row.last_message_at),
    version: row.version,
  },
  timeline: {
    firstInboundAt: iso(row.first_inbound_at),
    lastInboundAt: iso(row.last_inbound_at),
    firstOutboundAt: iso(row.first_outbound_at),
    lastOutboundAt: iso(row.last_outbound_at),
  },
})

const iso = (at: Date | null): string | null => at?.toISOString() ?? null
