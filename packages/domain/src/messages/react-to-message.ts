import type { ReactionEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import { personKey } from '../contacts/person-key.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { ChangeStatus } from './apply-change.ts'
import type { MessageRow } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

/** Sets, replaces or takes back a person's one reaction to a message; the later one holds, whichever comes first. */
export async function reactToMessage(
  work: UnitOfWork,
  row: MessageRow,
  { tenantId, participantJid, emoji, timestamp }: ReactionEnvelope,
): Promise<ChangeStatus> {
  const member = participantJid ? await personKey(work, tenantId, [participantJid]) : undefined
  // A chat of two: the contact, however its jid is spelled.
  const by = member ?? row.contact_id
  const { rows } = await sql`
    insert into message_reaction as r (tenant_id, message_id, reactor, emoji, reacted_at)
    values (${tenantId}, ${row.id}, ${by}, ${emoji}, ${timestamp})
    on conflict (tenant_id, message_id, reactor) do update set
      emoji = excluded.emoji, reacted_at = excluded.reacted_at
    where r.reacted_at <= excluded.reacted_at
    returning reactor`.execute(work.transaction)
  if (rows.length === 0) return 'stale'
  await tellUpdated(work, row, { what: 'reaction', by, emoji })
  return 'changed'
}
