import { PURPOSES } from '@carteiro/contracts/consent'
import { isNobodysFault } from '@carteiro/runtime/database-unavailable'
import type { OptWord } from '../consents/opt-word.ts'
import { readConsent } from '../consents/read-consents.ts'
import { recordConsentWithin } from '../consents/record-consent.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { LockedTurn } from './lock-turn.ts'
import { type Said, type SayDependencies, say } from './say.ts'

/** What was said; `fault`: why the word could not be confirmed. */
export interface Heard {
  said: Said[]
  fault?: unknown
}

/**
 * Records what a customer's word says of consent, for every purpose, and confirms it once. A word that changes nothing
 * is an ordinary message: who never took a consent back may write START and mean something else. What cannot be
 * confirmed counts all the same.
 *
 * @returns `undefined` when the word changed nothing
 */
export async function hearOptWord(
  work: UnitOfWork,
  dependencies: SayDependencies,
  { turn, word, isLate }: { turn: LockedTurn; word: OptWord; isLate: boolean },
): Promise<Heard | undefined> {
  const { contact, message, requestId } = turn
  const { tenant_id: tenantId, id: contactId } = contact
  let hasChanged = false
  for (const purpose of PURPOSES) {
    const standing = await readConsent(work.transaction, { tenantId, contactId, purpose })
    const before = standing?.status ?? null
    if (word.status === 'granted' ? before !== 'denied' : before === 'denied') continue
    hasChanged = true
    await recordConsentWithin(work, {
      ...{ tenantId, contactId, purpose, requestId },
      status: word.status,
      source: `whatsapp: ${word.word}`,
      // By our clock, as it is the customer's last word; one that came late stands where it was said.
      at: isLate ? (message.broker_at ?? undefined) : undefined,
      actor: `contact:${contactId}`,
    })
  }
  if (!hasChanged) return undefined
  if (isLate) return { said: [] }
  const key = word.status === 'denied' ? 'OPT_OUT' : 'OPT_IN'
  const reply = { key, text: word.confirmation }
  try {
    return { said: [await work.part(() => say(work, dependencies, { turn, reply, policyExempt: true }))] }
  } catch (error) {
    if (isNobodysFault(error)) throw error
    return { said: [], fault: error }
  }
}
