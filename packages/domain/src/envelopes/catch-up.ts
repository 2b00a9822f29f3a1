import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { applyPending } from '../messages/apply-change.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { applyEarlyReceipts } from '../outbox/early-receipts.ts'

const BATCH = 100
/** Two transactions that could not see one another are both over long before. */
const LOOK_BACK = '10 minutes'

interface EarlyKey {
  tenant_id: string
  instance_id: string
  provider_message_id: string
}

/**
 * The net below "it came before its message": where both were written at once, neither transaction saw the other.
 * A chore: it looks across tenants.
 *
 * @returns how many receipts and changes found their message; with the full batch of 100 there may be more
 */
export async function catchUp(dependencies: CommitDependencies): Promise<number> {
  return commit(dependencies, async (work) => {
    let found = 0
    for (const message of await findPendingMessages(work)) found += await applyPending(work, message)
    for (const key of await findEarly(work)) {
      found += await applyEarlyReceipts(work, {
        tenantId: key.tenant_id,
        instanceId: key.instance_id,
        providerMessageId: key.provider_message_id,
      })
    }
    return found
  })
}

/** An edit of a message that is still undecryptable goes on waiting. */
async function findPendingMessages({ transaction }: UnitOfWork): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRow>`
    select distinct m.* from pending_change p join message m
      on m.tenant_id = p.tenant_id and m.instance_id = p.instance_id
        and m.direction in ('inbound', 'outbound') and m.provider_message_id = p.target_message_id
    where p.received_at > now() - ${LOOK_BACK}::interval and m.type <> 'undecryptable'
    order by m.tenant_id, m.id limit ${BATCH}`.execute(transaction)
  return rows
}

async function findEarly({ transaction }: UnitOfWork): Promise<EarlyKey[]> {
  const { rows } = await sql<EarlyKey>`
    select distinct e.tenant_id, e.instance_id, e.provider_message_id from early_receipt e
    where e.received_at > now() - ${LOOK_BACK}::interval and (
      exists (select from delivery d where d.tenant_id = e.tenant_id and d.instance_id = e.instance_id
        and d.provider_message_id = e.provider_message_id)
      or exists (select from message m where m.tenant_id = e.tenant_id and m.instance_id = e.instance_id
        and m.direction = 'outbound' and m.provider_message_id = e.provider_message_id))
    order by 1, 2, 3 limit ${BATCH}`.execute(transaction)
  return rows
}
