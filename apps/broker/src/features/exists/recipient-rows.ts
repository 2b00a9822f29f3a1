import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { Answer } from './ask-whatsapp.ts'

const KEPT_DAYS = 7
/** Numbers that are kept of one instance, the last asked ones. */
const MAX_KEPT = 100_000

const DAY_MS = 24 * 60 * 60_000

/**
 * What WhatsApp said within the last days, by number.
 *
 * @param believeNoMs how long a no counts
 */
export async function findAnswers(
  db: Database,
  instanceId: string,
  digits: string[],
  believeNoMs = KEPT_DAYS * DAY_MS,
): Promise<Map<string, Answer>> {
  const rows = await db
    .selectFrom('broker.recipient')
    .select(['digits', 'is_on_whatsapp', 'jid', 'lid'])
    .where('instance_id', '=', instanceId)
    .where('digits', '=', sql<string>`any(${digits}::text[])`)
    .where('checked_at', '>', sql<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
    .where((where) =>
      where.or([
        where('is_on_whatsapp', '=', true),
        where('checked_at', '>', sql<Date>`now() - make_interval(secs => ${believeNoMs / 1000})`),
      ]),
    )
    .execute()
  return new Map(
    rows.map((row) => [row.digits, { isOnWhatsApp: row.is_on_whatsapp, jid: row.jid, lid: row.lid }]),
  )
}

/** In the order of the numbers, so that two requests cannot deadlock. */
export async function keepAnswers(
  db: Database,
  instanceId: string,
  answers: Map<string, Answer>,
): Promise<void> {
  const rows = [...answers].toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (rows.length === 0) return
  await db
    .insertInto('broker.recipient')
    .values(
      rows.map(([digits, { isOnWhatsApp, jid, lid }]) => ({
        instance_id: instanceId,
        ...{ digits, jid, lid, is_on_whatsapp: isOnWhatsApp },
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['instance_id', 'digits']).doUpdateSet((set) => ({
        is_on_whatsapp: set.ref('excluded.is_on_whatsapp'),
        jid: set.ref('excluded.jid'),
        lid: set.ref('excluded.lid'),
        checked_at: sql<Date>`now()`,
      })),
    )
    .execute()
}

/** Deletes what is old, and of each instance what is more than is kept. */
export async function deleteOldAnswers(db: Database, maxKept = MAX_KEPT): Promise<void> {
  await sql`
    delete from broker.recipient
    where checked_at < now() - make_interval(days => ${KEPT_DAYS})`.execute(db)
  await sql`
    delete from broker.recipient r
    using (
      select i.id, (
        select checked_at from broker.recipient
        where instance_id = i.id order by checked_at desc offset ${maxKept} limit 1
      ) as until from broker.instance i
    ) old
    where r.instance_id = old.id and r.checked_at <= old.until`.execute(db)
}
