import { type Template, TemplateDefinition } from '@carteiro/contracts/template'
import type { Queryable } from '@carteiro/database/connect'
import type { TemplateTable } from '@carteiro/database/template-tables'
import type { Selectable } from 'kysely'

/** A tenant's template in one language. */
export interface TemplateKey {
  tenantId: string
  code: string
  language: string
}

/** The version that counts; `undefined` when the tenant has none in exactly this language. */
export async function findTemplate(
  db: Queryable,
  { tenantId, code, language }: TemplateKey,
): Promise<Template | undefined> {
  const row = await db
    .selectFrom('template')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('code', '=', code)
    .where('language', '=', language)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return row && toTemplate(row)
}

export type ChosenTemplate =
  | { status: 'chosen'; template: Template }
  /** `languages`: those in which it is there; none when there is no template of this code. */
  | { status: 'not_found'; languages: string[] }

/**
 * The template that a message asks for. A language with a region falls back to the language itself (`pt_BR` to
 * `pt`), to nothing else: nobody is written to in a language that was not asked for. Without a language it is the
 * only one that there is.
 */
export async function chooseTemplate(
  db: Queryable,
  { tenantId, code, language }: Omit<TemplateKey, 'language'> & { language?: string | undefined },
): Promise<ChosenTemplate> {
  const rows = await db
    .selectFrom('template')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('code', '=', code)
    .where('retired_at', 'is', null)
    .orderBy('language')
    .execute()
  const row = language === undefined ? onlyOf(rows) : byLanguage(rows, language)
  return row
    ? { status: 'chosen', template: toTemplate(row) }
    : { status: 'not_found', languages: rows.map((each) => each.language) }
}

const onlyOf = <Row>(rows: Row[]): Row | undefined => (rows.length === 1 ? rows[0] : undefined)

const byLanguage = <Row extends { language: string }>(rows: Row[], language: string): Row | undefined =>
  rows.find((row) => row.language === language) ?? rows.find((row) => row.language === language.split('_')[0])

/** A row, as told outside. */
export function toTemplate(row: Selectable<TemplateTable>): Template {
  return {
    ...TemplateDefinition.parse(row.definition),
    code: row.code,
    language: row.language,
    version: row.version,
    createdAt: row.created_at.toISOString(),
  }
}
