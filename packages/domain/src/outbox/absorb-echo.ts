import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { dropMedia } from '../media/drop-media.ts'
import type { MessageRow } from '../messages/store-message.ts'
import { tellUpdated } from '../messages/tell-updated.ts'
import type { ChangedDelivery } from './transition.ts'

/**
 * The phone may tell of our own send before the send's answer brings its WhatsApp id: then it was stored as a message
 * that the phone wrote. Now that the id is known that copy goes, and what was told of it becomes the delivery's.
 */
export async function absorbEcho(work: UnitOfWork, delivery: ChangedDelivery): Promise<void> {
  const { transaction } = work
  const {
    tenant_id: tenantId,
    id,
    instance_id: instanceId,
    provider_message_id: providerMessageId,
  } = delivery
  if (providerMessageId === null) return
  const { rows } = await sql<MessageRow>`
    select * from message
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and direction = 'outbound'
      and provider_message_id = ${providerMessageId} and id <> ${id}
    for update`.execute(transaction)
  const echo = rows[0]
  if (!echo) return
  await sql`
    insert into message_reaction (tenant_id, message_id, reactor, emoji, reacted_at)
    select tenant_id, ${id}, reactor, emoji, reacted_at from message_reaction
    where tenant_id = ${tenantId} and message_id = ${echo.id} on conflict do nothing`.execute(transaction)
  await sql`
    insert into early_receipt (tenant_id, instance_id, provider_message_id, participant, status, error, details, occurred_at)
    select tenant_id, ${instanceId}, ${providerMessageId}, participant, status, error, details, occurred_at
    from message_receipt where tenant_id = ${tenantId} and message_id = ${echo.id}
    on conflict do nothing`.execute(transaction)
  await sql`delete from timeline_entry where tenant_id = ${tenantId} and ticket_id = ${echo.ticket_id}
    and message_id = ${echo.id}`.execute(transaction)
  await dropMedia(work, [echo])
  await sql`delete from message where tenant_id = ${tenantId} and id = ${echo.id}`.execute(transaction)
  await tellUpdated(work, echo, { what: 'replaced', byMessageId: id })
}
