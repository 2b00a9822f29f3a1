import { formatJid, parseJid } from '@carteiro/contracts/jid'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { toE164 } from './phone.ts'

/**
 * Every way to spell a person that is known: the given jids without their devices, and the phone of a LID or the LID
 * of a phone, where a contact has both. Phones stand first.
 */
export async function spellingsOf(
  { transaction }: UnitOfWork,
  tenantId: string,
  jids: string[],
): Promise<string[]> {
  const parsed = jids.flatMap((text) => parseJid(text) ?? [])
  const phones = parsed.flatMap((jid) => (jid.kind === 'phone' ? [toE164(jid.digits)] : []))
  const lids = parsed.flatMap((jid) => (jid.kind === 'lid' ? [jid.lid] : []))
  const contacts =
    phones.length + lids.length === 0
      ? []
      : await transaction
          .selectFrom('contact')
          .select(['phone', 'lid'])
          .where('tenant_id', '=', tenantId)
          .where((where) =>
            where.or([where('phone', 'in', [...phones, '']), where('lid', 'in', [...lids, ''])]),
          )
          .execute()
  const learned = contacts.flatMap(({ phone, lid }) => [
    ...(phone === null ? [] : [`${phone.slice(1)}@s.whatsapp.net`]),
    ...(lid === null ? [] : [lid]),
  ])
  const all = new Set([...parsed.map(formatJid), ...learned])
  return [...all].sort((a, b) => Number(a.endsWith('@lid')) - Number(b.endsWith('@lid')))
}

/** One spelling for a person, whichever the sender used: the phone where it is known, else the LID, else as given. */
export async function personKey(
  work: UnitOfWork,
  tenantId: string,
  jids: string[],
): Promise<string | undefined> {
  const [first = jids[0]] = await spellingsOf(work, tenantId, jids)
  return first
}
