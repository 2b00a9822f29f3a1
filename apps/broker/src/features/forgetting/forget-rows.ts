import type { ForgetPerson } from '@carteiro/contracts/person'
import type { Database } from '@carteiro/database/connect'
import { namesPerson } from '@carteiro/database/names-person'
import { type RawBuilder, sql } from 'kysely'

const BATCH = 500

/** What waits to be told is told: what becomes of it is the API's to say. */
export async function forgetRows(
  db: Database,
  instanceId: string,
  { jids, messageIds, until }: ForgetPerson,
): Promise<{ journal: number; sends: number; numbers: number }> {
  const isNamed = (text: RawBuilder<unknown>) => namesPerson(jids, text)
  const journal = await inBatches(
    db,
    sql`
      update broker.journal set event = '{}', chat_key = '', answer = null,
        event_id = case when ${isNamed(sql`event_id`)} then 'forgotten-' || number else event_id end
      where (instance_id, number) in (
        select instance_id, number from broker.journal
        where instance_id = ${instanceId} and state <> 'waiting' and created_at <= ${until}
          and (${isNamed(sql`event::text`)} or ${isNamed(sql`concat(chat_key, event_id, answer)`)})
        limit ${BATCH} for update skip locked)`,
  )
  // The key stays, so that nothing goes out twice by it.
  const sends = await inBatches(
    db,
    sql`
      update broker.send_ledger set content = null, request_hash = '',
        answer = jsonb_set(answer, '{to}', '{"jid": ""}')
      where instance_id = ${instanceId} and idempotency_key in (
        select idempotency_key from broker.send_ledger
        where instance_id = ${instanceId} and created_at <= ${until} and request_hash <> ''
          and (${isNamed(sql`(answer -> 'to')::text`)}
            or split_part(idempotency_key, ':', 1) = any(${messageIds}::text[]))
        limit ${BATCH} for update skip locked)`,
  )
  const numbers = await inBatches(
    db,
    sql`
      delete from broker.recipient where instance_id = ${instanceId} and checked_at <= ${until}
        and ${isNamed(sql`concat_ws(' ', digits, jid, lid)`)}`,
  )
  await sql`
    update broker.gateway_message set recipient = '', message = null, error_message = null
    where instance_id = ${instanceId} and state in ('sent', 'failed') and updated_at <= ${until}
      and ${isNamed(sql`recipient`)}`.execute(db)
  return { journal, sends, numbers }
}

async function inBatches(db: Database, statement: RawBuilder<unknown>): Promise<number> {
  for (let all = 0; ; ) {
    const { numAffectedRows } = await statement.execute(db)
    const some = Number(numAffectedRows ?? 0)
    all += some
    if (some < BATCH) return all
  }
}
