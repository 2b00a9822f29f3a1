import { randomBytes } from 'node:crypto'
import type { Scope } from '@carteiro/contracts/scope'
import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { newId } from '@carteiro/database/new-id'
import { recordAudit } from '../audit/record.ts'
import { hashSecret } from './hash-secret.ts'

export interface NewKey {
  tenantId: string
  name: string
  scopes: Scope[]
  /** Chosen by the operator, 16 characters at least; else made here. */
  secret?: string
  userId?: string | undefined
  /** Never, when it is left out. */
  expiresAt?: Date | undefined
  actor: string
}

const SECRET_BYTES = 32
const MIN_SECRET_LENGTH = 16

/**
 * Makes an API key. The secret is shown by this answer alone; the database keeps its hash. A given secret that the
 * tenant has already is found again, so a start may be repeated.
 *
 * @throws Error when the secret is too short, or is another tenant's
 */
export async function createKey(
  { db }: { db: Database },
  key: NewKey,
): Promise<{ id: string; secret: string; status: 'created' | 'exists' }> {
  const secret = key.secret ?? `ctr_${randomBytes(SECRET_BYTES).toString('base64url')}`
  if (secret.length < MIN_SECRET_LENGTH)
    throw new Error(`a key's secret has ${MIN_SECRET_LENGTH} characters or more`)
  const hash = hashSecret(secret)
  return inTransaction(db, async (transaction) => {
    const known = await transaction
      .selectFrom('api_key')
      .select(['id', 'tenant_id', 'revoked_at'])
      .where('secret_hash', '=', hash)
      .executeTakeFirst()
    if (known?.revoked_at) throw new Error('this secret was revoked; choose another one')
    if (known && known.tenant_id !== key.tenantId)
      throw new Error('this secret is in use; choose another one')
    if (known) return { id: known.id, secret, status: 'exists' }
    const id = newId()
    await transaction
      .insertInto('api_key')
      .values({
        id,
        tenant_id: key.tenantId,
        name: key.name,
        secret_hash: hash,
        scopes: key.scopes,
        user_id: key.userId ?? null,
        expires_at: key.expiresAt ?? null,
      })
      .execute()
    await recordAudit(transaction, [
      {
        ...key,
        action: 'CREATED',
        entityType: 'api_key',
        entityId: id,
        details: {
          name: key.name,
          scopes: key.scopes,
          ...(key.expiresAt && { expiresAt: key.expiresAt.toISOString() }),
        },
      },
    ])
    return { id, secret, status: 'created' }
  })
}
