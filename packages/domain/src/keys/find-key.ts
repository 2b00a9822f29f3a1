import { timingSafeEqual } from 'node:crypto'
import type { Scope } from '@carteiro/contracts/scope'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { hashSecret } from './hash-secret.ts'

/** Who acts: the tenant that a key belongs to, what it may do, and the name that the audit trail gets. */
export interface Actor {
  tenantId: string
  keyId: string
  scopes: Scope[]
  name: string
}

/** Neither revoked nor past its end, by PostgreSQL's clock. */
const isLiving = sql<boolean>`revoked_at is null and (expires_at is null or expires_at > now())`
/** When a key was last used is known to the minute: so most uses write nothing. */
const unnoted = sql<boolean>`last_used_at is null or last_used_at < now() - interval '1 minute'`

/** Finds the living key with this secret. The look-up is by hash, so its time tells nothing of the secret. */
export async function findKey(db: Queryable, secret: string): Promise<Actor | undefined> {
  const hash = hashSecret(secret)
  const row = await db
    .selectFrom('api_key')
    .select(['id', 'tenant_id', 'scopes', 'user_id', 'secret_hash', unnoted.as('unnoted')])
    .where('secret_hash', '=', hash)
    .where(isLiving)
    .executeTakeFirst()
  if (!row || !timingSafeEqual(row.secret_hash, hash)) return undefined
  if (row.unnoted) await noteUse(db, row.id)
  return {
    tenantId: row.tenant_id,
    keyId: row.id,
    scopes: row.scopes as Scope[],
    name: row.user_id ?? `key:${row.id}`,
  }
}

async function noteUse(db: Queryable, id: string): Promise<void> {
  await db
    .updateTable('api_key')
    .set({ last_used_at: sql`now()` })
    .where('id', '=', id)
    .where(unnoted)
    .execute()
}

/** Which of these keys are alive, whosever they are: a chore of the process that holds connections open for them. */
export async function findLiving(db: Queryable, keyIds: string[]): Promise<Set<string>> {
  const rows = await db.selectFrom('api_key').select('id').where('id', 'in', keyIds).where(isLiving).execute()
  return new Set(rows.map(({ id }) => id))
}

/** Whether the actor may do what needs `scope`. */
export const mayAct = (actor: Pick<Actor, 'scopes'>, scope: Scope): boolean =>
  actor.scopes.includes(scope) || actor.scopes.includes('admin')
