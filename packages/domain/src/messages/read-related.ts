import type { MessageMedia } from '@carteiro/contracts/media'
import { type GroupReceipts, type MessageReaction, OUR_SIDE } from '@carteiro/contracts/message-parts'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { quoteOf } from './describe-parts.ts'
import type { MessageRow } from './store-message.ts'

/** What other rows say of a message. */
export interface Related {
  quoted: QuotedRow | null
  reactions: MessageReaction[]
  /** How often each option of a poll was chosen, by `optionId`. */
  votes: Record<string, number>
  voters: number
  deliveredAt: string | null
  readAt: string | null
  receipts: GroupReceipts | null
}

/** The quoted message, where it is one of ours. */
interface QuotedRow {
  id: string
  direction: 'inbound' | 'outbound'
  type: string
  text: string | null
  media: MessageMedia | null
  participantJid: string | null
}

/** Of a message to which nothing happened yet. */
export const UNRELATED: Related = {
  quoted: null,
  reactions: [],
  votes: {},
  voters: 0,
  deliveredAt: null,
  readAt: null,
  receipts: null,
}

const MAX_REACTIONS = 100
/** As much of a quoted text as a phone shows. */
export const MAX_QUOTED_TEXT = 200

/** ISO 8601, as every other time of a message is told. */
const iso = (column: string) =>
  sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** What other rows say of messages, by the messages' ids: one statement, however many there are. */
export async function readRelated(db: Queryable, rows: MessageRow[]): Promise<Map<string, Related>> {
  if (rows.length === 0) return new Map()
  const asked = rows.map((row) => ({
    tenant_id: row.tenant_id,
    id: row.id,
    instance_id: row.instance_id,
    message_id: row.provider_message_id,
    quoted_id: quoteOf(row)?.providerMessageId ?? null,
    is_poll: row.type === 'poll',
    is_ours: row.direction === 'outbound',
  }))
  const { rows: found } = await sql<Related & { id: string }>`
    select asked.id, quoted.it as quoted, coalesce(reactions.list, '[]') as reactions,
      coalesce(votes.counts, '{}') as votes, coalesce(voters.count, 0)::int as voters,
      told.delivered_at as "deliveredAt", told.read_at as "readAt", told.receipts
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked (tenant_id text, id uuid, instance_id text,
      message_id text, quoted_id text, is_poll boolean, is_ours boolean)
    left join lateral (${QUOTED}) quoted on asked.quoted_id is not null
    left join lateral (${REACTIONS}) reactions on true
    left join lateral (${VOTES}) votes on asked.is_poll
    left join lateral (${VOTERS}) voters on asked.is_poll
    left join lateral (${RECEIPTS}) told on asked.is_ours`.execute(db)
  return new Map(found.map(({ id, ...related }) => [id, related]))
}

const QUOTED = sql`
  select jsonb_build_object('id', q.id, 'direction', q.direction, 'type', q.type, 'media', q.media,
    'text', left(q.text, ${MAX_QUOTED_TEXT}), 'participantJid', q.metadata ->> 'participantJid') as it
  from message q
  where q.tenant_id = asked.tenant_id and q.instance_id = asked.instance_id
    and q.direction in ('inbound', 'outbound') and q.provider_message_id = asked.quoted_id
  order by q.direction limit 1`

/** The last word of our side, which is one person to WhatsApp. */
const OWN_REACTION = sql`
  select ${OUR_SIDE}, own.emoji, own.created_at from (
    select content ->> 'emoji' as emoji, created_at from message
    where tenant_id = asked.tenant_id and instance_id = asked.instance_id and type = 'reaction'
      and direction = 'outbound' and content #>> '{target,providerMessageId}' = asked.message_id
      and state not in ('FAILED', 'CANCELLED')
    order by number desc limit 1
  ) own where own.emoji <> ''`

const REACTIONS = sql`
  select jsonb_agg(jsonb_build_object('by', r.reactor, 'emoji', r.emoji, 'at', ${iso('r.reacted_at')})
    order by r.reacted_at, r.reactor) as list
  from (
    select reactor, emoji, reacted_at from message_reaction
    where tenant_id = asked.tenant_id and message_id = asked.id and emoji <> ''
    union all
    (${OWN_REACTION})
    order by reacted_at desc, reactor limit ${MAX_REACTIONS}
  ) r`

const VOTES = sql`
  select jsonb_object_agg(v.option, v.count) as counts from (
    select option, count(*) from poll_vote, unnest(selected_option_ids) as option
    where tenant_id = asked.tenant_id and instance_id = asked.instance_id and poll_message_id = asked.message_id
    group by option
  ) v`

const VOTERS = sql`
  select count(*) from poll_vote
  where tenant_id = asked.tenant_id and instance_id = asked.instance_id and poll_message_id = asked.message_id
    and cardinality(selected_option_ids) > 0`

/** Who has read a message has received it, also where its phone said only the one. */
const RECEIPTS = sql`
  select ${iso('one.delivered_at')} as delivered_at, ${iso('one.read_at')} as read_at,
    case when one.members > 0 then jsonb_build_object('delivered', one.members, 'read', one.readers) end as receipts
  from (
    select min(occurred_at) filter (where participant = '' and status in ('DELIVERED', 'READ')) as delivered_at,
      min(occurred_at) filter (where participant = '' and status = 'READ') as read_at,
      count(distinct participant) filter (where participant <> '' and status in ('DELIVERED', 'READ')) as members,
      count(distinct participant) filter (where participant <> '' and status = 'READ') as readers
    from message_receipt where tenant_id = asked.tenant_id and message_id = asked.id
  ) one`
