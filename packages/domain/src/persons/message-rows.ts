import { type RawBuilder, sql } from 'kysely'
import { type KeyedRow, PAGE, rowOf } from './pages.ts'

/** All rows of a message's own in another table, as one array. */
const listOf = (row: RawBuilder<unknown>, from: RawBuilder<unknown>) =>
  sql`(select coalesce(jsonb_agg(${row}), '[]') from ${from})`

const ofMessage = (alias: string) =>
  sql`${sql.ref(`${alias}.tenant_id`)} = m.tenant_id and ${sql.ref(`${alias}.message_id`)} = m.id`
const ofDelivery = (alias: string) =>
  sql`${sql.ref(`${alias}.tenant_id`)} = m.tenant_id and ${sql.ref(`${alias}.delivery_id`)} = m.id`
const ofPoll = (alias: string) => sql`
  ${sql.ref(`${alias}.tenant_id`)} = m.tenant_id and ${sql.ref(`${alias}.instance_id`)} = m.instance_id
  and ${sql.ref(`${alias}.poll_message_id`)} = m.provider_message_id`

/** Bytes within a message are handed out as its file, by its address. */
const WITHOUT_BYTES = sql`#- '{media,base64}' #- '{document,media,base64}'`

const DELIVERY = sql`(
  select ${rowOf('d', ['payload_hash'])} || jsonb_build_object(
    'payload', d.payload ${WITHOUT_BYTES},
    'attempts_made', ${listOf(rowOf('a', ['delivery_id']), sql`delivery_attempt a where ${ofDelivery('a')}`)},
    'history', ${listOf(rowOf('h', ['delivery_id']), sql`delivery_history h where ${ofDelivery('h')}`)})
  from delivery d where d.tenant_id = m.tenant_id and d.id = m.id)`

/** Messages with all that hangs on them, by number. @param which of the messages `m` */
export const messagePage = (which: RawBuilder<unknown>, after: string) => sql<KeyedRow>`
  select m.number::text as key, ${rowOf('m')} || jsonb_build_object(
    'content', m.content ${WITHOUT_BYTES},
    'file', case when m.media is not null then '/api/messages/' || m.id || '/media' end,
    'reactions', ${listOf(rowOf('r', ['message_id']), sql`message_reaction r where ${ofMessage('r')}`)},
    'receipts', ${listOf(rowOf('r', ['message_id']), sql`message_receipt r where ${ofMessage('r')}`)},
    'poll', (select ${rowOf('p', ['secret'])} from poll p where ${ofPoll('p')}),
    'votes', ${listOf(rowOf('v'), sql`poll_vote v where ${ofPoll('v')}`)},
    'delivery', ${DELIVERY}) as row
  from message m where ${which} and m.number > ${after}::bigint
  order by m.number limit ${PAGE}`

/** Files of messages: what is known of them, and where their bytes are. @param which of the messages `m` */
export const filePage = (which: RawBuilder<unknown>, after: string) => sql<KeyedRow>`
  select m.number::text as key, m.media || jsonb_build_object(
    'messageId', m.id, 'href', '/api/messages/' || m.id || '/media') as row
  from message m where ${which} and m.media is not null and m.number > ${after}::bigint
  order by m.number limit ${PAGE}`
