import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { Jid } from '@carteiro/contracts/jid'
import type { OutboundMessage } from '@carteiro/contracts/outbound-message'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { recipientOf } from '../contacts/phone.ts'
import { toOutboundMessage } from './read.ts'

/** Which of a tenant's outbound messages; what is left out does not matter. */
export interface DeliveryFilter {
  tenantId: string
  /** As a URL spells it: 456 and "456" are both found by it. */
  dossierId?: string | undefined
  status?: DeliveryState | undefined
  to?: Jid | undefined
}

/**
 * Outbound messages, newest first.
 *
 * @param after id of the last message of the page before
 */
export async function listDeliveries(
  db: Queryable,
  { after, limit, ...filter }: DeliveryFilter & { after?: string | undefined; limit: number },
): Promise<{ items: OutboundMessage[]; next: string | null }> {
  let query = selectMatching(db, filter)
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return {
    items: page.map(toOutboundMessage),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

/**
 * One numbered page of them, with how many there are: for tables with page numbers. What is queued meanwhile moves the
 * pages; a list by cursor does not have that.
 *
 * @param page counted from 0
 */
export async function pageDeliveries(
  db: Queryable,
  { page, size, ...filter }: DeliveryFilter & { page: number; size: number },
): Promise<{ content: OutboundMessage[]; totalElements: number }> {
  const { count } = await selectMatching(db, filter)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const rows = await selectMatching(db, filter)
    .selectAll()
    .orderBy('id', 'desc')
    .offset(page * size)
    .limit(size)
    .execute()
  return { content: rows.map(toOutboundMessage), totalElements: count }
}

function selectMatching(db: Queryable, { tenantId, dossierId, status, to }: DeliveryFilter) {
  let query = db.selectFrom('delivery').where('tenant_id', '=', tenantId)
  if (dossierId !== undefined) query = query.where(sql<boolean>`dossier_id in (${spellingsOf(dossierId)})`)
  if (status !== undefined) query = query.where('state', '=', status)
  if (to !== undefined) query = query.where('recipient', '=', recipientOf(to))
  return query
}

/** A number that is spelled as JSON spells it may also have been given as a number. */
function spellingsOf(dossierId: string) {
  const number = Number(dossierId)
  const isNumber = Number.isFinite(number) && String(number) === dossierId
  const spellings = isNumber ? [dossierId, number] : [dossierId]
  return sql.join(spellings.map((spelling) => sql`${JSON.stringify(spelling)}::jsonb`))
}
