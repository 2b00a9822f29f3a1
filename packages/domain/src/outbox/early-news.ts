import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { applyPending } from '../messages/apply-change.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { applyEarlyReceipts } from './early-receipts.ts'
import type { ChangedDelivery } from './transition.ts'

/** A send's answer brought WhatsApp's id: receipts, edits and reactions that came before it are applied now. */
export async function applyEarlyNews(work: UnitOfWork, delivery: ChangedDelivery): Promise<void> {
  const {
    tenant_id: tenantId,
    id,
    instance_id: instanceId,
    provider_message_id: providerMessageId,
  } = delivery
  if (providerMessageId === null) return
  const { rows } = await sql<MessageRow>`
    update message set provider_message_id = ${providerMessageId}
    where tenant_id = ${tenantId} and id = ${id}
    returning *`.execute(work.transaction)
  await applyEarlyReceipts(work, { tenantId, instanceId, providerMessageId })
  for (const message of rows) await applyPending(work, message)
}
