import type { Template } from '@carteiro/contracts/template'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type TemplateKey, toTemplate } from './find-template.ts'

/** The tenant's templates by code and language. @param after where the page before ended */
export async function listTemplates(
  db: Queryable,
  {
    tenantId,
    after,
    limit,
  }: { tenantId: string; after?: Omit<TemplateKey, 'tenantId'> | undefined; limit: number },
): Promise<{ items: Template[]; hasMore: boolean }> {
  let query = db
    .selectFrom('template')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('retired_at', 'is', null)
    .orderBy('code')
    .orderBy('language')
    .limit(limit + 1)
  if (after) query = query.where(sql<boolean>`(code, language) > (${after.code}, ${after.language})`)
  const rows = await query.execute()
  return { items: rows.slice(0, limit).map(toTemplate), hasMore: rows.length > limit }
}
