import type pg from 'pg'

/** A customer's message as it is stored. */
export interface StoredMessage {
  id: string
  instanceId: string
  /** The customer's phone, digits, or the group's jid. */
  chat: string
  type: string
  /** Also the name of a contact. */
  text: string | null
  quotedId: string | null
  edits: number
  reactions: string[]
  /** Options that were voted for. */
  votes: string[]
}

/** A delivery as it came to rest. */
export interface StoredDelivery {
  id: string
  waMessageId: string | null
  state: string
  errorCode: string | null
  attempts: number
  /** Receipts by status: of how many people. */
  receipts: Record<string, number>
}

/** What customers wrote, in the order in which it is stored. */
export async function readStored(database: pg.Client): Promise<StoredMessage[]> {
  const { rows } = await database.query<StoredMessage>(`
    select m.provider_message_id as id, m.instance_id as "instanceId",
      coalesce(c.jid, replace(c.phone, '+', ''), c.lid) as chat, m.type,
      coalesce(m.text, m.content #>> '{contacts,0,displayName}') as text,
      m.content ->> 'quotedMessageId' as "quotedId", coalesce(jsonb_array_length(m.metadata -> 'edits'), 0) as edits,
      coalesce((select array_agg(r.emoji) from message_reaction r
        where r.tenant_id = m.tenant_id and r.message_id = m.id and r.emoji is not null), '{}') as reactions,
      coalesce((select array_agg(o.name) from poll_vote v
          join poll p using (tenant_id, instance_id, poll_message_id),
          unnest(p.options) as o (name)
        where v.tenant_id = m.tenant_id and v.instance_id = m.instance_id
          and v.poll_message_id = m.provider_message_id
          and encode(sha256(convert_to(o.name, 'UTF8')), 'hex') = any(v.selected_option_ids)), '{}') as votes
    from message m join contact c on c.tenant_id = m.tenant_id and c.id = m.contact_id
    where m.direction = 'inbound' order by m.number`)
  return rows
}

/** Everything that was to be sent. */
export async function readDeliveries(database: pg.Client): Promise<StoredDelivery[]> {
  const { rows } = await database.query<StoredDelivery>(`
    select d.id, d.provider_message_id as "waMessageId", d.state, d.error_code as "errorCode", d.attempts,
      coalesce((select jsonb_object_agg(status, people) from (
        select r.status, count(distinct r.participant)::int as people from message_receipt r
        where r.tenant_id = d.tenant_id and r.message_id = d.id group by r.status) s), '{}') as receipts
    from delivery d order by d.position`)
  return rows
}

/** How often each instance told that it wants to be linked, or was logged out, since the run began. */
export async function readLinkRequests(
  database: pg.Client,
  since: Date,
): Promise<{ instanceId: string; told: string }[]> {
  const { rows } = await database.query(
    `select instance_id as "instanceId", event ->> 'payload' as told from broker.journal
     where created_at > $1 and event ->> 'type' = 'INSTANCE_CONNECTION'
       and (event #>> '{payload,qrAvailable}' = 'true' or event #>> '{payload,status}' = 'logged_out')
     order by number`,
    [since],
  )
  return rows
}
