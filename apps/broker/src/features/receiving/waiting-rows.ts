import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { RowVerdict } from './judge-answer.ts'

export interface WaitingRow {
  number: number
  event: Record<string, unknown>
}

/** A chat that has events to publish. */
export interface WaitingChat {
  instanceId: string
  chatKey: string
}

/** The next events of one chat, in order, and the webhook that its instance has of its own. */
export async function nextRows(
  db: Database,
  { instanceId, chatKey }: WaitingChat,
  limit: number,
): Promise<{ webhookUrl: string | null; rows: WaitingRow[] }> {
  const rows = await db
    .selectFrom('broker.journal as j')
    .innerJoin('broker.instance as i', 'i.id', 'j.instance_id')
    .select(['j.number', 'j.event', 'i.webhook_url'])
    .where('j.instance_id', '=', instanceId)
    .where('j.chat_key', '=', chatKey)
    .where('j.state', '=', 'waiting')
    .orderBy('j.number')
    .limit(limit)
    .execute()
  return { webhookUrl: rows[0]?.webhook_url ?? null, rows }
}

/** The chats that have events to publish, a page at a time; those of instances that another broker holds are its own. */
export async function waitingChats(
  db: Database,
  { brokerId, after, limit }: { brokerId: string; after: WaitingChat | undefined; limit: number },
): Promise<WaitingChat[]> {
  return await db
    .selectFrom('broker.journal')
    .select(['instance_id as instanceId', 'chat_key as chatKey'])
    .where('state', '=', 'waiting')
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(instance_id, chat_key) > (${after?.instanceId}, ${after?.chatKey})`),
    )
    .where(
      sql<boolean>`not exists (
        select from broker.instance_lease l
        where l.instance_id = journal.instance_id and l.expires_at > now() and l.holder <> ${brokerId}
      )`,
    )
    .groupBy(['instance_id', 'chat_key'])
    .orderBy('instance_id')
    .orderBy('chat_key')
    .limit(limit)
    .execute()
}

/** Writes down how each row of a batch ended. Rows without a verdict keep waiting. */
export async function settleRows(
  db: Database,
  instanceId: string,
  rows: WaitingRow[],
  verdicts: RowVerdict[],
): Promise<void> {
  const settled = rows.flatMap(({ number }, index) => {
    const verdict = verdicts[index]
    return verdict ? [{ number, ...verdict }] : []
  })
  await sql`
    update broker.journal j
    set state = s.state, answer = s.answer, settled_at = now()
    from unnest(
      ${settled.map((row) => row.number)}::bigint[], ${settled.map((row) => row.state)}::text[],
      ${settled.map((row) => JSON.stringify(row.answer))}::jsonb[]
    ) as s (number, state, answer)
    where j.instance_id = ${instanceId} and j.number = s.number and j.state = 'waiting'`.execute(db)
}

/** Rows that still wait, for the gauge. */
export async function countWaiting(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('broker.journal')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow()
  return count
}

const BATCH = 1_000

/**
 * Deletes what was published or refused longer ago than the retention, 1000 rows at a time. What waits stays.
 *
 * @param signal ends it between two batches
 */
export async function deleteSettled(
  db: Database,
  { days, signal }: { days: number; signal: AbortSignal },
): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH && !signal.aborted; ) {
    const { numAffectedRows } = await sql`
      delete from broker.journal j using (
        select instance_id, number from broker.journal
        where settled_at < now() - make_interval(days => ${days})
        order by settled_at limit ${BATCH} for update skip locked
      ) old where j.instance_id = old.instance_id and j.number = old.number`.execute(db)
    deleted = Number(numAffectedRows ?? 0)
  }
}
