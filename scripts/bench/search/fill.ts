import type { Database } from '@carteiro/database/connect'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import { createTenant } from '@carteiro/domain/tenants/create-tenant'
import { createLogger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import { NEVER_TOGETHER, OF_LONG_AGO, VOCABULARY, WORDS_A_MESSAGE, wordInSql } from './words.ts'

const CHATS_A_MESSAGE = 1 / 50
const LONG_AGO_SHARE = 0.3

export interface Inbox {
  tenantId: string
  instanceId: string
  messages: number
}

/** Another tenant, with an instance. */
export async function addTenant(db: Database, { tenantId, instanceId }: Inbox): Promise<void> {
  await createTenant({ db }, { id: tenantId, name: tenantId })
  await createInstance(db, { id: instanceId, tenantId, name: 'Bench' })
}

/** Puts a grown inbox into the database, its words not yet read. */
export async function fill(db: Database, inbox: Inbox): Promise<void> {
  const { tenantId, instanceId, messages } = inbox
  const chats = Math.ceil(messages * CHATS_A_MESSAGE)
  // Rank r as often as 1 / r.
  const word = wordInSql(`floor(exp(random() * ln(${VOCABULARY})))::int`)
  // As `phoneOf` writes it; the other tenant has the same ones.
  const phone = sql`'+55219' || lpad(n::text, 8, '0')`
  const words = sql.raw(Array.from({ length: WORDS_A_MESSAGE }, () => word).join(', '))
  await db.connection().execute(async (session) => {
    await sql`set statement_timeout = 0`.execute(session)
    // What it refers to is there, and no trigger has anything to do.
    await sql`set session_replication_role = replica`.execute(session)
    await sql`select setseed(0.5)`.execute(session)
    await sql`
      create temporary table chat as
      select n, uuidv7() as contact_id, uuidv7() as ticket_id from generate_series(0, ${chats - 1}::integer) n`.execute(
      session,
    )
    await sql`
      insert into contact (tenant_id, id, phone, told_name, named)
      select ${tenantId}, contact_id, ${phone}, concat_ws(' ', ${words}), true
      from chat`.execute(session)
    await sql`insert into contact_search (tenant_id, contact_id) select ${tenantId}, contact_id from chat`.execute(
      session,
    )
    await sql`
      insert into ticket (tenant_id, id, contact_id, instance_id, preview, unread_count, last_message_at)
      select ${tenantId}, ticket_id, contact_id, ${instanceId}, 'Oi!', 1, now() from chat`.execute(session)
    await sql`
      insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, content,
        provider_message_id, broker_at, received_at)
      select ${tenantId}, uuidv7(), ticket_id, contact_id, ${instanceId}, 'inbound', 'text', text,
        jsonb_build_object('type', 'text', 'text', text), upper(md5(m::text)), now(), now()
      from (
        select m, (m * 7919::bigint) % ${chats} as n, concat_ws(' ', ${words},
          (${[...NEVER_TOGETHER]}::text[])[1 + m % 2],
          case when m <= ${Math.floor(messages * LONG_AGO_SHARE)} then ${OF_LONG_AGO} end) as text
        from generate_series(1, ${messages}::integer) m
      ) said join chat using (n) order by m`.execute(session)
    await sql`
      insert into message_search (tenant_id, message_id, place)
      select tenant_id, id, row_number() over (order by number) from message where tenant_id = ${tenantId}`.execute(
      session,
    )
    await sql`
      insert into search_cursor (tenant_id, seq, newest)
      select tenant_id, last_seq, ${messages} from event_counter where tenant_id = ${tenantId}`.execute(
      session,
    )
    await sql`drop table chat`.execute(session)
    await sql`reset session_replication_role`.execute(session)
    await sql`reset statement_timeout`.execute(session)
  })
}

/** Reads all words, as the worker does after an upgrade, and tidies up as autovacuum would. @returns seconds */
export async function readAllWords(db: Database): Promise<number> {
  const logger = createLogger('bench', 'error')
  const startedAt = performance.now()
  while (await keepSearchable({ db, logger }));
  const seconds = (performance.now() - startedAt) / 1_000
  await db.connection().execute(async (session) => {
    await sql`set statement_timeout = 0`.execute(session)
    await sql`vacuum analyze`.execute(session)
    await sql`checkpoint`.execute(session)
    await sql`reset statement_timeout`.execute(session)
  })
  return seconds
}
