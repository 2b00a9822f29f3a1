import type { ApiKey } from '@carteiro/contracts/api-key'
import { Scope } from '@carteiro/contracts/scope'
import type { Queryable } from '@carteiro/database/connect'

/** The tenant's keys, the newest first, without their secrets. @param after id of the last key of the page before */
export async function listKeys(
  db: Queryable,
  { tenantId, after, limit }: { tenantId: string; after?: string | undefined; limit: number },
): Promise<{ items: ApiKey[]; next: string | null }> {
  let query = db
    .selectFrom('api_key')
    .select([
      ...(['id', 'name', 'scopes', 'user_id'] as const),
      ...(['created_at', 'last_used_at', 'expires_at', 'revoked_at'] as const),
    ])
    .where('tenant_id', '=', tenantId)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  const items = page.map((row) => ({
    id: row.id,
    name: row.name,
    scopes: row.scopes.flatMap((scope) => Scope.safeParse(scope).data ?? []),
    userId: row.user_id,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }))
  return { items, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}
