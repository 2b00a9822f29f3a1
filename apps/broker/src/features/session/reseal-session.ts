import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { MAX_HEADER_BYTES, type Seal } from '@carteiro/runtime/seal'
import { sql } from 'kysely'
import { type HeldLease, requireLease } from '../../held-lease.ts'
import { loadCredentials, writeCredentials } from './credential-store.ts'
import { writeKeys } from './key-rows.ts'

interface Session {
  instanceId: string
  lease?: HeldLease | undefined
}

const PAGE = 500

/**
 * Seals a session whose credentials are sealed under an older key anew, whole and in one transaction: the key that its
 * credentials need is then the only one that it needs.
 *
 * @throws SealError when something of it cannot be opened: nothing is changed then
 */
export async function resealSession(db: Database, seal: Seal, { instanceId, lease }: Session): Promise<void> {
  const row = await db
    .selectFrom('broker.session_credential')
    .select('sealed')
    .where('instance_id', '=', instanceId)
    .executeTakeFirst()
  if (!row || seal.isCurrent(row.sealed)) return
  await inTransaction(db, async (transaction) => {
    if (lease) await requireLease(transaction, lease)
    const credentials = await loadCredentials(transaction, seal, instanceId)
    if (credentials) await writeCredentials(transaction, seal, instanceId, credentials)
    const keys = await transaction
      .selectFrom('broker.session_key')
      .select(['type', 'id', 'sealed'])
      .where('instance_id', '=', instanceId)
      .execute()
    for (let from = 0; from < keys.length; from += PAGE) {
      const opened = keys.slice(from, from + PAGE).map(({ type, id, sealed }) => ({
        type,
        id,
        text: seal.open(sealed, [instanceId, type, id]).toString(),
      }))
      await writeKeys(transaction, seal, { instanceId }, opened)
    }
  })
}

/** The ids of keys that stored sessions need and that are not given. */
export async function missingSealKeys(db: Database, seal: Seal): Promise<string[]> {
  const { rows } = await sql<{ header: Buffer }>`
    select distinct substring(sealed from 1 for least(
      ${MAX_HEADER_BYTES}::int, case get_byte(sealed, 0) when 1 then 2 else 2 + get_byte(sealed, 1) end
    )) as header
    from broker.session_credential`.execute(db)
  return rows.flatMap(({ header }) => seal.missingKey(header) ?? [])
}
