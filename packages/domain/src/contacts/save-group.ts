import type { GroupEnvelope } from '@carteiro/contracts/envelope'
import { parseJid } from '@carteiro/contracts/jid'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { addressOf } from './phone.ts'
import { upsertContact } from './upsert.ts'

/** A group's subject is the name of its contact. */
export async function saveGroup(
  work: UnitOfWork,
  { tenantId, jid, subject }: GroupEnvelope,
): Promise<{ status: 'saved' | 'ignored' }> {
  const group = parseJid(jid)
  if (group?.kind !== 'group' || subject === null) return { status: 'ignored' }
  await upsertContact(work, tenantId, { ...addressOf(group), name: subject })
  return { status: 'saved' }
}
