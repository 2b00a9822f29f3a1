import { isDeepStrictEqual } from 'node:util'
import type { Template, TemplateDefinition } from '@carteiro/contracts/template'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { findTemplate, type TemplateKey, toTemplate } from './find-template.ts'

export interface TemplateAct extends TemplateKey {
  actor: string
  requestId?: string
}

export interface NewTemplate extends TemplateAct {
  definition: TemplateDefinition
}

export interface PutTemplateResult {
  /** `unchanged`: it says the same already, and no version is made. */
  status: 'created' | 'changed' | 'unchanged'
  template: Template
}

/** Writes a template: a new version, and the one before it is retired. Versions go on when it was deleted meanwhile. */
export async function putTemplate(
  { db }: { db: Database },
  { definition, ...act }: NewTemplate,
): Promise<PutTemplateResult> {
  return inTransaction(db, async (transaction) => {
    await lockTemplate(transaction, act)
    const current = await findTemplate(transaction, act)
    if (current && isDeepStrictEqual(definitionOf(current), definition)) {
      return { status: 'unchanged', template: current }
    }
    if (current) await retire(transaction, act)
    const template = await insertVersion(transaction, act, definition)
    await recordAudit(transaction, [auditOf(act, current ? 'UPDATED' : 'CREATED', template.version)])
    return { status: current ? 'changed' : 'created', template }
  })
}

/** Retires a template; its versions stay. @returns whether there was one */
export async function deleteTemplate({ db }: { db: Database }, act: TemplateAct): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    await lockTemplate(transaction, act)
    const version = await retire(transaction, act)
    if (version === undefined) return false
    await recordAudit(transaction, [auditOf(act, 'DELETED', version)])
    return true
  })
}

/** Makes a template that the tenant never had in this language; one that was changed or deleted is left alone. */
export async function ensureTemplate(dependencies: { db: Database }, template: NewTemplate): Promise<void> {
  const { tenantId, code, language } = template
  const known = await dependencies.db
    .selectFrom('template')
    .select('version')
    .where('tenant_id', '=', tenantId)
    .where('code', '=', code)
    .where('language', '=', language)
    .limit(1)
    .executeTakeFirst()
  if (!known) await putTemplate(dependencies, template)
}

/** Two who write at once take turns: each version has its number for itself. */
async function lockTemplate(
  transaction: DatabaseTransaction,
  { tenantId, code, language }: TemplateKey,
): Promise<void> {
  const name = `template/${tenantId}/${code}/${language}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
}

async function retire(
  transaction: DatabaseTransaction,
  { tenantId, code, language }: TemplateKey,
): Promise<number | undefined> {
  const row = await transaction
    .updateTable('template')
    .set({ retired_at: sql`now()` })
    .where('tenant_id', '=', tenantId)
    .where('code', '=', code)
    .where('language', '=', language)
    .where('retired_at', 'is', null)
    .returning('version')
    .executeTakeFirst()
  return row?.version
}

async function insertVersion(
  transaction: DatabaseTransaction,
  { tenantId, code, language }: TemplateKey,
  definition: TemplateDefinition,
): Promise<Template> {
  const row = await transaction
    .insertInto('template')
    .values({
      tenant_id: tenantId,
      code,
      language,
      version: sql<number>`(
        select coalesce(max(version), 0) + 1 from template
        where tenant_id = ${tenantId} and code = ${code} and language = ${language})`,
      definition: JSON.stringify(definition),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toTemplate(row)
}

const definitionOf = ({
  body,
  header,
  footer,
  buttons,
  variables,
  providerName,
}: Template): TemplateDefinition => ({
  ...{ body, header, footer, buttons, variables, providerName },
})

const auditOf = (
  { tenantId, code, language, actor, requestId }: TemplateAct,
  action: 'CREATED' | 'UPDATED' | 'DELETED',
  version: number,
) => ({
  ...{ tenantId, actor, action },
  entityType: 'template' as const,
  entityId: `${code}/${language}`,
  details: { version },
  requestId: requestId ?? null,
})
