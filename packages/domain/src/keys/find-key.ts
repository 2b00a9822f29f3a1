import { timingSafeEqual } from 'node:crypto'
import type { Scope } from '@carteiro/contracts/scope'
import type { Queryable } from '@carteiro/database/connect'
import { hashSecret } from './hash-secret.ts'

/** Who acts: the tenant that a key belongs to, what it may do, and the name that the audit trail gets. */
export interface Actor {
  tenantId: string
  keyId: string
  scopes: Scope[]
  name: string
}

/** Finds the living key with this secret. The look-up is by hash, so its time tells nothing of the secret. */
export async function findKey(db: Queryable, secret: string): Promise<Actor | undefined> {
  const hash = hashSecret(secret)
  const row = await db
    .selectFrom('api_key')
    .select(['id', 'tenant_id', 'scopes', 'user_id', 'secret_hash'])
    .where('secret_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (!row || !timingSafeEqual(row.secret_hash, hash)) return undefined
  return {
    tenantId: row.tenant_id,
    keyId: row.id,
    scopes: row.scopes as Scope[],
    name: row.user_id ?? `key:${row.id}`,
  }
}

/** Which of these keys are alive, whosever they are: a chore of the process that holds connections open for them. */
export async function findLiving(db: Queryable, keyIds: string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('api_key')
    .select('id')
    .where('id', 'in', keyIds)
    .where('revoked_at', 'is', null)
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** Whether the actor may do what needs `scope`. */
export const mayAct = (actor: Pick<Actor, 'scopes'>, scope: Scope): boolean =>
  actor.scopes.includes(scope) || actor.scopes.includes('admin')
