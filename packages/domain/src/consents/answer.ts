import type { Purpose } from '@carteiro/contracts/consent'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { FLOW_PREFIX } from '../flow/flow-key.ts'
import { newestConsent } from './newest.ts'
import { readOptWord } from './opt-word.ts'

interface Kind {
  purpose?: Purpose | undefined
  priority?: number | undefined
  idempotencyKey?: string | null | undefined
}

/** Whether a message is what a person writes in a chat: urgent, and none of the flow's. */
export const isAnswer = ({ purpose = 'service', priority, idempotencyKey }: Kind): boolean =>
  purpose === 'service' && priority === 0 && !idempotencyKey?.startsWith(FLOW_PREFIX)

/**
 * Which of these contacts may be answered by a person, although they took their consent back: those who wrote since,
 * within the last day, and whose last word is not that they want nothing. Times are WhatsApp's, so that what it tells
 * of late counts from when it was written.
 */
export async function findAnswerable(
  transaction: DatabaseTransaction,
  tenantId: string,
  contactIds: string[],
): Promise<Set<string>> {
  if (contactIds.length === 0) return new Set()
  const { rows } = await sql<{ contact_id: string; text: string | null }>`
    select asked.id as contact_id, last.text
    from unnest(${[...new Set(contactIds)]}::uuid[]) as asked (id)
      cross join lateral (${newestConsent(sql`${tenantId}`, sql`asked.id`, sql`'service'`)}) denied
      cross join lateral (
        select m.text, least(coalesce(m.broker_at, m.created_at), now()) as at
        from ticket k cross join lateral (
          select text, broker_at, created_at, number from message
          where tenant_id = k.tenant_id and ticket_id = k.id and direction = 'inbound'
          order by number desc limit 1
        ) m
        where k.tenant_id = ${tenantId} and k.contact_id = asked.id
        order by m.number desc limit 1
      ) last
    where last.at > denied.at and last.at > now() - interval '24 hours'`.execute(transaction)
  return new Set(
    rows.filter(({ text }) => readOptWord(text)?.status !== 'denied').map((row) => row.contact_id),
  )
}
