import { type BrokerMessageStatus, statusText } from '@carteiro/contracts/broker-metrics'
import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

const STATUSES = [0, 2, 3, 4, 5]
const OF_LEDGER = { sending: 1, pending: 1, sent: 2 }

/**
 * What became of a message of ours, as far as it was told within the last days: by the ledger, and by the receipts in
 * the journal.
 *
 * @throws Problem MESSAGE_NOT_FOUND
 */
export async function readMessageStatus(
  db: Database,
  instanceId: string,
  id: string,
): Promise<BrokerMessageStatus> {
  const sent = await db
    .selectFrom('broker.send_ledger')
    .select('state')
    .where('instance_id', '=', instanceId)
    .where('wa_message_id', '=', id)
    .executeTakeFirst()
  const told = await db
    .selectFrom('broker.journal')
    .select('event_id')
    .where('instance_id', '=', instanceId)
    .where('event_id', '=', sql<string>`any(${STATUSES.map((status) => `${id}:status:${status}`)}::text[])`)
    .execute()
  const statuses = told.map(({ event_id }) => Number(event_id.slice(event_id.lastIndexOf(':') + 1)))
  if (sent) statuses.push(OF_LEDGER[sent.state])
  const status = Math.max(...statuses)
  const text = statusText(status)
  if (text === undefined) {
    throw new Problem('MESSAGE_NOT_FOUND', 'This broker has sent no such message, or has forgotten it.')
  }
  return { id, status, statusText: text }
}
