import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { applyPending } from '../messages/apply-change.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { applyEarlyReceipts } from './early-receipts.ts'
import type { ChangedDelivery } from './transition.ts'

/**
 * Sends' answers brought WhatsApp's ids, and the messages' rows have them: receipts, edits and reactions that came
 * before are applied now. Most sends have none: one query finds those that have.
 */
export async function applyEarlyNews(work: UnitOfWork, deliveries: ChangedDelivery[]): Promise<void> {
  for (const message of await findAwaited(work, deliveries)) {
    const { tenant_id: tenantId, instance_id: instanceId, provider_message_id: providerMessageId } = message
    if (providerMessageId === null) continue
    await applyEarlyReceipts(work, { tenantId, instanceId, providerMessageId })
    await applyPending(work, message)
  }
}

async function findAwaited(
  { transaction }: UnitOfWork,
  deliveries: ChangedDelivery[],
): Promise<MessageRow[]> {
  if (deliveries.length === 0) return []
  const { rows } = await sql<MessageRow>`
    select m.* from message m
    join unnest(${deliveries.map((row) => row.tenant_id)}::text[], ${deliveries.map((row) => row.id)}::uuid[])
      as sent (tenant_id, id) using (tenant_id, id)
    where exists (
      select from early_receipt r where r.tenant_id = m.tenant_id and r.instance_id = m.instance_id
        and r.provider_message_id = m.provider_message_id
    ) or exists (
      select from pending_change c where c.tenant_id = m.tenant_id and c.instance_id = m.instance_id
        and c.target_message_id = m.provider_message_id
    )
    order by m.id`.execute(transaction)
  return rows
}
