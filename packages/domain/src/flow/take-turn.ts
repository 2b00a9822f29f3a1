import { readOptWord } from '../consents/opt-word.ts'
import { readConsent } from '../consents/read-consents.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { compileFlow } from './compile-flow.ts'
import type { Turn } from './find-turns.ts'
import { type Heard, hearOptWord } from './hear-opt-word.ts'
import { keepConversation } from './keep-conversation.ts'
import { type LockedTurn, lockTurn } from './lock-turn.ts'
import { readConversation } from './read-conversation.ts'
import { readFlow } from './read-flow.ts'
import { runFlow } from './run-flow.ts'
import { type Said, type SayDependencies, say } from './say.ts'

/** What was said in a turn; nothing, where nothing was to be said. */
export interface TurnResult {
  /** `gone`: somebody else has taken it. */
  status: 'taken' | 'gone'
  /** WhatsApp's id of the customer's message. */
  inboundMessageId: string | null
  requestId: string | null
  said: Said[]
  /** Why a word of consent, which is recorded, could not be confirmed. */
  fault?: unknown
}

/** Nobody answers what reached us so long ago: the workers were away. */
const MAX_AGE_MS = 24 * 3_600_000

/**
 * Looks at one message of a customer: a word of consent is recorded and confirmed; else the tenant's flow makes its
 * next step. Everything in one transaction with the turn's end: a turn that is taken twice says once, and one that
 * fails says nothing.
 *
 * @throws when it fails; the turn is as it was
 */
export async function takeTurn(
  dependencies: CommitDependencies & SayDependencies,
  turn: Turn,
): Promise<TurnResult> {
  return commit(dependencies, async (work) => {
    const locked = await lockTurn(work.transaction, turn)
    if (!locked) return { status: 'gone', inboundMessageId: null, requestId: null, said: [] }
    const { message, requestId } = locked
    const heard = await answer(work, dependencies, locked)
    return { status: 'taken', inboundMessageId: message.provider_message_id, requestId, ...heard }
  })
}

async function answer(work: UnitOfWork, dependencies: SayDependencies, turn: LockedTurn): Promise<Heard> {
  const { contact, ticket, message } = turn
  const { tenant_id: tenantId } = ticket
  const reachedUsAt = message.received_at ?? message.created_at
  const isLate = message.metadata.backfilled === true || Date.now() - reachedUsAt.getTime() > MAX_AGE_MS
  const word = readOptWord(message.text)
  const heard = word && (await hearOptWord(work, dependencies, { turn, word, isLate }))
  if (heard || isLate || ticket.status === 'closed') return heard ?? { said: [] }
  const { definition, version } = await readFlow(work.transaction, tenantId)
  if (!definition.enabled) return { said: [] }
  const purpose = 'service'
  const standing = await readConsent(work.transaction, { tenantId, contactId: contact.id, purpose })
  if (!standing?.maySend) return { said: [] }

  const { state: before, personWroteAt } = await readConversation(work.transaction, turn)
  const assigned = ticket.assignee_id !== null
  const flow = compileFlow(definition, version)
  const step = runFlow(flow, before, { text: message.text, at: new Date(), assigned, personWroteAt })
  await keepConversation(work, turn, { before, after: step.state })
  const said: Said[] = []
  for (const reply of step.replies) said.push(await say(work, dependencies, { turn, reply }))
  return { said }
}
