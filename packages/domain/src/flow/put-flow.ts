import { isDeepStrictEqual } from 'node:util'
import type { Flow, FlowDefinition, FlowFault } from '@carteiro/contracts/flow'
import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { findPatternFaults } from './compile-flow.ts'
import { readFlow, toFlow } from './read-flow.ts'

export interface NewFlow {
  tenantId: string
  definition: FlowDefinition
  /** The version that the writer has seen; left out, whatever is there is replaced. */
  ifVersion?: number | undefined
  actor: string
  requestId: string
}

export type PutFlowResult =
  /** `unchanged`: it says the same already, and no version is made. */
  | { status: 'changed' | 'unchanged'; flow: Flow }
  /** Somebody wrote it meanwhile. */
  | { status: 'stale'; version: number }
  | { status: 'faults'; faults: FlowFault[] }

/** Writes a tenant's flow: a new version, and the one before it is retired. Conversations go on with it. */
export async function putFlow({ db }: { db: Database }, request: NewFlow): Promise<PutFlowResult> {
  const { tenantId, definition, ifVersion } = request
  const faults = findPatternFaults(definition)
  if (faults.length > 0) return { status: 'faults', faults }
  return inTransaction(db, async (transaction): Promise<PutFlowResult> => {
    // Two who write at once take turns: the second one is told that its version is old.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`flow/${tenantId}`}, 0))`.execute(transaction)
    const current = await readFlow(transaction, tenantId)
    if (ifVersion !== undefined && ifVersion !== current.version) {
      return { status: 'stale', version: current.version }
    }
    if (current.version > 0 && isDeepStrictEqual(current.definition, definition)) {
      return { status: 'unchanged', flow: current }
    }
    return { status: 'changed', flow: await insertVersion(transaction, request, current.version) }
  })
}

async function insertVersion(
  transaction: DatabaseTransaction,
  { tenantId, definition, actor, requestId }: NewFlow,
  before: number,
): Promise<Flow> {
  await transaction
    .updateTable('flow')
    .set({ retired_at: sql`now()` })
    .where('tenant_id', '=', tenantId)
    .where('retired_at', 'is', null)
    .execute()
  const version = before + 1
  const row = await transaction
    .insertInto('flow')
    .values({
      tenant_id: tenantId,
      version,
      enabled: definition.enabled,
      definition: JSON.stringify(definition),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await recordAudit(transaction, [
    {
      ...{ tenantId, actor, requestId },
      action: before === 0 ? 'CREATED' : 'UPDATED',
      entityType: 'flow',
      entityId: tenantId,
      details: { version, enabled: definition.enabled },
    },
  ])
  return toFlow(row)
}
