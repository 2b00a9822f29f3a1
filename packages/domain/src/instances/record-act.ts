import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { recordAudit } from '../audit/record.ts'

/** What somebody had a broker do to an instance's session. */
export interface InstanceAct {
  tenantId: string
  instanceId: string
  actor: string
  requestId: string
  act: 'connect' | 'disconnect' | 'restart' | 'logout' | 'pair' | 'change'
  /** Why the broker did not do it. */
  failedWith?: string | undefined
}

/** Writes to the audit trail who had what done, also when it was not done. */
export async function recordInstanceAct(
  db: Database,
  { instanceId, act, failedWith, ...who }: InstanceAct,
): Promise<void> {
  await inTransaction(db, (transaction) =>
    recordAudit(transaction, [
      {
        ...who,
        action: failedWith === undefined ? 'UPDATED' : 'FAILED',
        entityType: 'instance',
        entityId: instanceId,
        details: { act, ...(failedWith === undefined ? {} : { code: failedWith }) },
      },
    ]),
  )
}
