import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { isHeld } from '../uploads/upload.ts'
import type { ErasureRun, Step } from './step.ts'

/**
 * Waits until the files are gone from the storage, and looks once more: a message that came to the contact while it was
 * gone through begins it anew.
 */
export const finishErasure: Step = async (work, run) => {
  if (await isLeft(work, run)) return { next: 'again' }
  if (await hasFiles(work, run)) return { next: 'wait', waitingFor: 'files to be deleted' }
  const { tenant_id: tenantId, contact_id: contactId } = run
  await recordAudit(work.transaction, [
    {
      ...{ tenantId, actor: 'worker', action: 'ERASED', entityType: 'contact', entityId: contactId },
      details: { messages: run.messages, events: run.events },
    },
  ])
  return { next: 'step' }
}

async function isLeft({ transaction }: UnitOfWork, run: ErasureRun): Promise<boolean> {
  const { rows } = await sql<{ is_left: boolean }>`
    select exists (
      select from ticket k join message m on m.tenant_id = k.tenant_id and m.ticket_id = k.id
      where k.tenant_id = ${run.tenant_id} and k.contact_id = ${run.contact_id} and m.type <> 'erased') as is_left
  `.execute(transaction)
  return rows[0]?.is_left ?? false
}

async function hasFiles({ transaction }: UnitOfWork, run: ErasureRun): Promise<boolean> {
  const { rows } = await sql<{ has_files: boolean }>`
    select exists (
      select from media_download d join message m on m.tenant_id = d.tenant_id and m.id = d.message_id
      where d.tenant_id = ${run.tenant_id} and m.type = 'erased')
    or exists (
      select from upload u where u.tenant_id = ${run.tenant_id} and u.id = any(${run.uploads}::uuid[]) and not ${isHeld}
    ) as has_files`.execute(transaction)
  return rows[0]?.has_files ?? false
}
