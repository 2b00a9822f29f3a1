import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** What is known of a message that comes in. */
export interface Recognized {
  envelope: MessageEnvelope
  /** `undecryptable`: its place is kept until it comes. */
  is: 'new' | 'known' | 'undecryptable'
  /** Changes or receipts came before it. */
  awaited: boolean
}

interface Found {
  place: number
  type: string | null
  is_send: boolean
  is_awaited: boolean
}

/**
 * Tells which messages are new: of those alike (same instance, direction and WhatsApp id) the first one at most. A
 * send of ours whose acknowledgement is still out has its WhatsApp id on the delivery alone.
 */
export async function recognize(
  transaction: DatabaseTransaction,
  envelopes: MessageEnvelope[],
): Promise<Recognized[]> {
  const asked = envelopes.map(({ tenantId, instanceId, direction, providerMessageId }, place) => ({
    place,
    tenant_id: tenantId,
    instance_id: instanceId,
    direction,
    message_id: providerMessageId,
  }))
  const { rows } = await sql<Found>`
    select asked.place, m.type, d.id is not null as is_send, waiting.it is not null as is_awaited
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
      as asked (place integer, tenant_id text, instance_id text, direction text, message_id text)
    left join message m on m.tenant_id = asked.tenant_id and m.instance_id = asked.instance_id
      and m.direction = asked.direction and m.provider_message_id = asked.message_id
    left join delivery d on asked.direction = 'outbound' and d.tenant_id = asked.tenant_id
      and d.instance_id = asked.instance_id and d.provider_message_id = asked.message_id
    left join lateral (
      (select 1 as it from pending_change p where p.tenant_id = asked.tenant_id
        and p.instance_id = asked.instance_id and p.target_message_id = asked.message_id limit 1)
      union all
      (select 1 from early_receipt e where asked.direction = 'outbound' and e.tenant_id = asked.tenant_id
        and e.instance_id = asked.instance_id and e.provider_message_id = asked.message_id limit 1)
      limit 1
    ) waiting on true
    where m.id is not null or d.id is not null or waiting.it is not null`.execute(transaction)
  const found = new Map(rows.map((row) => [row.place, row]))
  const seen = new Set<string>()
  return envelopes.map((envelope, place) => {
    const { tenantId, instanceId, direction, providerMessageId } = envelope
    const key = [tenantId, instanceId, direction, providerMessageId].join('\0')
    const { type = null, is_send = false, is_awaited: awaited = false } = found.get(place) ?? {}
    const isKnown = seen.has(key) || is_send || (type !== null && type !== 'undecryptable')
    seen.add(key)
    if (isKnown) return { envelope, is: 'known', awaited: false }
    return { envelope, is: type === null ? 'new' : 'undecryptable', awaited }
  })
}
