import type { Envelope } from '@carteiro/contracts/envelope'
import type { Database, DatabaseTransaction, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { enqueueAgain } from './enqueue.ts'
import { type DeadEnvelope, INBOUND_DEAD_QUEUE } from './jobs.ts'
import type { Queue } from './queue.ts'
import { QUEUE_SCHEMA } from './wake-channel.ts'

/** An envelope that was set aside, as operators see it. */
export interface DeadLetter {
  id: string
  kind: Envelope['kind']
  instanceId: string
  chatKey: string
  providerMessageId: string | null
  /** Why the last try failed, and how many there were. */
  error: string
  attempts: number
  /** When it was set aside. */
  at: string
  envelope: Envelope
}

interface DeadRow {
  id: string
  number: number
  data: DeadEnvelope
}

const JOBS = sql.table(`${QUEUE_SCHEMA}.job`)
const NUMBER = sql`(data ->> 'number')::bigint`
/** How many are put back in one transaction. */
const BATCH = 200

/** Those of one tenant alone, and that nobody redrives just now. */
const ofTenant = (tenantId: string) => sql`
  name = ${INBOUND_DEAD_QUEUE} and state = 'created' and data #>> '{envelope,tenantId}' = ${tenantId}`

/**
 * A tenant's dead letters, in the order in which they were set aside.
 *
 * @param after number of the last one of the page before
 */
export async function listDeadLetters(
  db: Queryable,
  { tenantId, after = 0, limit }: { tenantId: string; after?: number | undefined; limit: number },
): Promise<{ items: DeadLetter[]; next: number | null }> {
  const { rows } = await sql<DeadRow>`
    select id, ${NUMBER} as number, data from ${JOBS} where ${ofTenant(tenantId)} and ${NUMBER} > ${after}
    order by 2 limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit)
  return {
    items: page.map(toDeadLetter),
    next: rows.length > limit ? (page.at(-1)?.number ?? null) : null,
  }
}

/**
 * Puts a tenant's dead letters back into their shards' queues, with fresh numbers and fresh tries: one, or all of
 * them, oldest first. Each is taken out and put back in one transaction, so that none is lost or doubled.
 *
 * @returns how many were put back; 0 when the tenant has none (of this id)
 */
export async function redriveDeadLetters(
  dependencies: { db: Database; queue: Queue },
  { tenantId, id }: { tenantId: string; id?: string | undefined },
): Promise<number> {
  if (id !== undefined) return redriveSome(dependencies, tenantId, sql`id = ${id}::uuid`)
  // What is set aside anew meanwhile is not tried again and again.
  const { rows } = await sql<{ number: number }>`select last_value as number from ingest_number`.execute(
    dependencies.db,
  )
  const before = sql`${NUMBER} <= ${rows[0]?.number ?? 0}`
  let redriven = 0
  for (;;) {
    const some = await redriveSome(dependencies, tenantId, before)
    redriven += some
    if (some < BATCH) return redriven
  }
}

async function redriveSome(
  { db, queue }: { db: Database; queue: Queue },
  tenantId: string,
  which: ReturnType<typeof sql>,
): Promise<number> {
  return inTransaction(db, async (transaction) => {
    const dead = await takeOut(transaction, sql`${ofTenant(tenantId)} and ${which}`)
    for (const { data } of dead) {
      await enqueueAgain(queue, transaction, data.envelope, { attempt: 1, afterSeconds: 0 })
    }
    return dead.length
  })
}

/** Two operators at once take different ones. */
async function takeOut(
  transaction: DatabaseTransaction,
  condition: ReturnType<typeof sql>,
): Promise<DeadRow[]> {
  const { rows } = await sql<DeadRow>`
    with taken as (
      select name, id from ${JOBS} where ${condition} order by ${NUMBER} limit ${BATCH} for update skip locked
    )
    delete from ${JOBS} j using taken where j.name = taken.name and j.id = taken.id
    returning j.id, (j.data ->> 'number')::bigint as number, j.data`.execute(transaction)
  return rows.sort((a, b) => a.number - b.number)
}

function toDeadLetter({ id, data: { envelope, error, attempts, at } }: DeadRow): DeadLetter {
  return {
    id,
    kind: envelope.kind,
    instanceId: envelope.instanceId,
    chatKey: envelope.chatKey,
    providerMessageId: 'providerMessageId' in envelope ? envelope.providerMessageId : null,
    error,
    attempts,
    at,
    envelope,
  }
}
