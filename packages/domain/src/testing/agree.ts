import type { Purpose } from '@carteiro/contracts/consent'
import { parseRecipient } from '@carteiro/contracts/jid'
import { recordConsent } from '../consents/record-consent.ts'
import { addressOf } from '../contacts/phone.ts'
import { upsertContact } from '../contacts/upsert.ts'
import { commit } from '../events/unit-of-work.ts'
import type { TestDomain } from './start-domain.ts'

/** The person behind a number of `acme` agrees to be written to. */
export async function agree(domain: TestDomain, to: string, purpose: Purpose): Promise<void> {
  const recipient = parseRecipient(to)
  if (!recipient) throw new Error(`${to} names nobody`)
  const contact = await commit(domain, (work) => upsertContact(work, 'acme', addressOf(recipient)))
  const said = { purpose, status: 'granted' as const, source: 'test', actor: 'test', requestId: 'request-1' }
  await recordConsent(domain, { tenantId: 'acme', contactId: contact.id, ...said })
}
