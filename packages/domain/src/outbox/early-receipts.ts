import type { StatusError } from '@carteiro/contracts/envelope'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { findReceiptTarget, type ProviderKey } from './find-receipt-target.ts'
import { applyReceipt, type Receipt } from './receipts.ts'

/** Applies the receipts that came before their message's id was known. @returns how many there were */
export async function applyEarlyReceipts(work: UnitOfWork, key: ProviderKey): Promise<number> {
  const receipts = await takeEarly(work, key)
  if (receipts.length === 0) return 0
  const target = await findReceiptTarget(work.transaction, key)
  for (const receipt of receipts) if (target) await applyReceipt(work, target, receipt)
  return receipts.length
}

async function takeEarly({ transaction }: UnitOfWork, key: ProviderKey): Promise<Receipt[]> {
  const rows = await transaction
    .deleteFrom('early_receipt')
    .where('tenant_id', '=', key.tenantId)
    .where('instance_id', '=', key.instanceId)
    .where('provider_message_id', '=', key.providerMessageId)
    .returningAll()
    .execute()
  return rows
    .sort((a, b) => a.occurred_at.getTime() - b.occurred_at.getTime())
    .map((row) => ({
      ...key,
      status: row.status,
      participant: row.participant,
      error: row.error as StatusError | null,
      details: row.details,
      occurredAt: row.occurred_at,
    }))
}
