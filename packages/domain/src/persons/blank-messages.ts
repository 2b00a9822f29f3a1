import type { MessageTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { dropMedia } from '../media/drop-media.ts'
import { releaseUploads } from './release-uploads.ts'
import { BATCH, type ErasureRun, numberOf, type Step, ticketOf } from './step.ts'

/** A message that is to be blanked; it is locked. */
export type ErasedMessage = Pick<
  Selectable<MessageTable>,
  'tenant_id' | 'id' | 'instance_id' | 'ticket_id' | 'number' | 'media' | 'upload_id' | 'provider_message_id'
>

/** What of a message is read before it is blanked. */
export const ERASED_COLUMNS = sql.raw(
  'm.tenant_id, m.id, m.instance_id, m.ticket_id, m.number, m.media, m.upload_id, m.provider_message_id',
)

/** The messages of a contact's tickets, both ways: those that are not blanked yet. */
export const eraseMessages: Step = async (work, run) => {
  const { rows } = await sql<ErasedMessage>`
    select ${ERASED_COLUMNS} from ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
    where k.tenant_id = ${run.tenant_id} and k.contact_id = ${run.contact_id} and m.type <> 'erased'
      and (m.ticket_id, m.number) > (${ticketOf(run)}::uuid, ${numberOf(run)}::bigint)
    order by m.ticket_id, m.number limit ${BATCH} for update of m`.execute(work.transaction)
  await blankMessages(work, run, rows)
  const last = rows.at(-1)
  if (!last || rows.length < BATCH) return { next: 'step', messages: rows.length }
  return { next: 'more', place: { ticket: last.ticket_id, number: last.number }, messages: rows.length }
}

/**
 * Blanks messages with all that hangs on them. WhatsApp's id stays, so that a repetition is known; the type is kept for
 * counts, beside; times and states stay.
 */
export async function blankMessages(
  work: UnitOfWork,
  run: ErasureRun,
  messages: ErasedMessage[],
): Promise<void> {
  if (messages.length === 0) return
  const { transaction } = work
  const { tenant_id: tenantId } = run
  const ids = sql`any(${messages.map(({ id }) => id)}::uuid[])`
  await dropMedia(work, messages)
  await sql`
    update message set type = 'erased', text = null, content = '{}', media = null, upload_id = null,
      metadata = jsonb_build_object('erased', type), provider_message_id = ${PROVIDER_ID}
    where tenant_id = ${tenantId} and id = ${ids}`.execute(transaction)
  await sql`delete from message_reaction where tenant_id = ${tenantId} and message_id = ${ids}`.execute(
    transaction,
  )
  await sql`delete from flow_turn where tenant_id = ${tenantId} and message_id = ${ids}`.execute(transaction)
  await sql`
    delete from message_receipt where tenant_id = ${tenantId} and message_id = ${ids} and participant <> ''`.execute(
    transaction,
  )
  await sql`
    update message_receipt set details = '{}', error = null
    where tenant_id = ${tenantId} and message_id = ${ids}`.execute(transaction)
  await blankDeliveries(work, tenantId, ids)
  await dropBeside(work, tenantId, messages)
  const uploads = messages.flatMap(({ upload_id: id }) => id ?? [])
  await releaseUploads(transaction, run, sql`u.id = any(${uploads}::uuid[])`)
}

/** Meta's ids have the phone in them; a linked phone's say nothing, and make a repetition known. */
const PROVIDER_ID = sql`
  case when provider_message_id like 'wamid.%' then 'erased-' || id else provider_message_id end`

/** A code says nothing of anybody; what a channel said in words may. */
const codeOnly = (column: string) => sql`substring(${sql.ref(column)} from '^[A-Za-z0-9_.:-]{1,60}$')`

async function blankDeliveries(
  { transaction }: UnitOfWork,
  tenantId: string,
  ids: ReturnType<typeof sql>,
): Promise<void> {
  await sql`
    update delivery set recipient = '', lane = '', payload = '{}', payload_hash = '', subject = null,
      dossier_id = null, idempotency_key = null, error_message = null, provider_message_id = ${PROVIDER_ID}
    where tenant_id = ${tenantId} and id = ${ids} and state not in ('QUEUED', 'SENDING')`.execute(transaction)
  await sql`
    update delivery_attempt set provider_response = null, error_message = null
    where tenant_id = ${tenantId} and delivery_id = ${ids}`.execute(transaction)
  await sql`
    update delivery_history set reason = ${codeOnly('reason')}
    where tenant_id = ${tenantId} and delivery_id = ${ids} and reason is not null`.execute(transaction)
}

/** What is known of messages by WhatsApp's id alone. */
async function dropBeside(
  { transaction }: UnitOfWork,
  tenantId: string,
  messages: ErasedMessage[],
): Promise<void> {
  const known = messages.filter(({ provider_message_id: id }) => id !== null)
  const instances = known.map(({ instance_id }) => instance_id)
  const providerIds = known.map(({ provider_message_id }) => provider_message_id)
  const tables = [
    ['poll_vote', 'poll_message_id'],
    ['poll', 'poll_message_id'],
    ['pending_change', 'target_message_id'],
    ['early_receipt', 'provider_message_id'],
  ] as const
  for (const [table, column] of tables) {
    await sql`
      delete from ${sql.table(table)} b
      using unnest(${instances}::text[], ${providerIds}::text[]) as own (instance_id, id)
      where b.tenant_id = ${tenantId} and b.instance_id = own.instance_id and b.${sql.ref(column)} = own.id`.execute(
      transaction,
    )
  }
}
