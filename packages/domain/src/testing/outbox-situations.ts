import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { StatusEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import { commit } from '../events/unit-of-work.ts'
import { cancelDelivery } from '../outbox/cancel-delivery.ts'
import type { ClaimedDelivery } from '../outbox/claim.ts'
import { expireOverdue } from '../outbox/expire.ts'
import { recordReceipt } from '../outbox/receipts.ts'
import { recoverStale } from '../outbox/recover.ts'
import { retryDelivery } from '../outbox/retry-delivery.ts'
import { type AttemptFailed, type AttemptOutcome, settle } from '../outbox/settle.ts'
import { statusEnvelope } from './envelopes.ts'
import { BROKEN, openOutbox, sentOf } from './outbox.ts'
import type { TestDomain } from './start-domain.ts'

/** One message of a test, and the attempt that was made last. */
interface Subject {
  domain: TestDomain
  id: string
  attempt: ClaimedDelivery | undefined
}

type Step = (subject: Subject) => Promise<void>

const failed = (fault: AttemptFailed['fault']): AttemptFailed => ({ ...BROKEN, fault, code: fault })
const person = { tenantId: 'acme', actor: 'test', requestId: 'request-1' }

const claim: Step = async (subject) => {
  subject.attempt = (await openOutbox(subject.domain).claimAll())[0] ?? subject.attempt
}

/** Where no attempt was made, a worker tells of one that is not this message's any more. */
const answer =
  (outcomeOf: (id: string) => AttemptOutcome): Step =>
  async ({ domain, id, attempt }) => {
    await settle(domain, attempt ?? strangeAttempt(id), outcomeOf(id))
  }
const strangeAttempt = (id: string): ClaimedDelivery => ({
  ...{ tenantId: 'acme', id, instanceId: 'acme-phone', lane: '5511911110000@s.whatsapp.net' },
  ...{ recipient: '+5511911110000', intent: { intent: 'text', text: 'Hello' }, requestId: null },
  ...{ generation: 0, keyGeneration: 0, attempt: 1, maxAttempts: 6, dueSince: new Date() },
  ...{ retryMinutes: undefined, probe: false },
})
const settled = (outcome: AttemptFailed) => answer(() => outcome)

const receipt =
  (status: StatusEnvelope['status']): Step =>
  async ({ domain, id }) => {
    const envelope = statusEnvelope({ providerMessageId: `3EB0-${id}`, deliveryId: id, status })
    await commit(domain, (work) => recordReceipt(work, envelope))
  }

const set =
  (assignment: ReturnType<typeof sql>): Step =>
  async ({ domain: { db }, id }) => {
    await sql`update delivery set ${assignment} where id = ${id}`.execute(db)
  }
const endWait: Step = async (subject) => {
  await set(sql`next_attempt_at = null`)(subject)
  await sql`update lane set ready_at = now() where ready_at > now()`.execute(subject.domain.db)
}
const lastAttempt = set(sql`attempts = max_attempts - 1`)
const pastEnd = set(sql`expires_at = now() - interval '1 second'`)
const crash: Step = async (subject) => {
  await sql`update delivery set claimed_until = now() - interval '1 second' where state = 'SENDING'`.execute(
    subject.domain.db,
  )
  await recoverStale(subject.domain)
}
const withdraw: Step = async ({ domain: { db } }) => {
  await sql`
    insert into consent (tenant_id, id, contact_id, purpose, status, source, at)
    select tenant_id, gen_random_uuid(), contact_id, 'service', 'denied', 'test', now() from delivery`.execute(
    db,
  )
}

const steps =
  (...all: Step[]): Step =>
  async (subject) => {
    for (const step of all) await step(subject)
  }

/** Everything that can happen to a message. */
const EVENTS = {
  claim,
  over: steps(pastEnd, claim),
  blocked: steps(withdraw, claim),
  sent: answer((id) => sentOf({ id })),
  pending: answer((id) => ({ ...sentOf({ id }), status: 'pending' })),
  refused: settled(failed('message')),
  broken: settled(failed('channel')),
  silent: settled(failed('unknown')),
  waiting: settled(failed('waiting')),
  crash,
  expire: async (subject) => {
    await pastEnd(subject)
    await expireOverdue(subject.domain)
  },
  cancel: async ({ domain, id }) => void (await cancelDelivery(domain, { ...person, id })),
  retry: async ({ domain, id }) => void (await retryDelivery(domain, { ...person, id })),
  'is-sent': receipt('SENT'),
  'is-delivered': receipt('DELIVERED'),
  'is-read': receipt('READ'),
  'is-failed': receipt('FAILED'),
} satisfies Record<string, Step>
export type OutboxEvent = keyof typeof EVENTS

/** Where a message can be, as far as it decides what may follow: its state, and how it came there. */
export const SITUATIONS = {
  queued: { state: 'QUEUED', by: steps() },
  scheduled: { state: 'QUEUED', by: steps() },
  'backing-off': { state: 'QUEUED', by: steps(claim, EVENTS.broken) },
  unanswered: { state: 'QUEUED', by: steps(claim, EVENTS.silent, endWait) },
  sending: { state: 'SENDING', by: claim },
  'sending-last': { state: 'SENDING', by: steps(lastAttempt, claim) },
  unacknowledged: { state: 'SENDING', by: steps(claim, EVENTS.pending) },
  sent: { state: 'SENT', by: steps(claim, EVENTS.sent) },
  delivered: { state: 'DELIVERED', by: steps(claim, EVENTS.sent, EVENTS['is-delivered']) },
  read: { state: 'READ', by: steps(claim, EVENTS.sent, EVENTS['is-read']) },
  refused: { state: 'FAILED', by: steps(claim, EVENTS.refused) },
  'used-up': { state: 'FAILED', by: steps(lastAttempt, claim, EVENTS.broken) },
  'outcome-unknown': { state: 'FAILED', by: steps(lastAttempt, claim, crash) },
  expired: { state: 'FAILED', by: EVENTS.expire },
  blocked: { state: 'FAILED', by: EVENTS.blocked },
  'error-receipt': { state: 'FAILED', by: steps(claim, EVENTS.sent, EVENTS['is-failed']) },
  cancelled: { state: 'CANCELLED', by: EVENTS.cancel },
} satisfies Record<string, { state: DeliveryState; by: Step }>
export type Situation = keyof typeof SITUATIONS

export const isSituation = (name: string): name is Situation => Object.hasOwn(SITUATIONS, name)
export const isEvent = (name: string): name is OutboxEvent => Object.hasOwn(EVENTS, name)
export const stateIn = (situation: Situation): DeliveryState => SITUATIONS[situation].state

/** What refers to one of them goes with it. To truncate them takes as long as all the rest. */
const EMPTIED = [
  ...(['delivery', 'lane', 'instance_circuit', 'consent'] as const),
  ...(['timeline_entry', 'message', 'ticket'] as const),
]

/**
 * Brings a new message of `acme` into a situation and lets something happen to it, in an outbox of its own.
 *
 * @returns the state that it is in then
 */
export async function playOn(
  domain: TestDomain,
  situation: Situation,
  event: OutboxEvent,
): Promise<DeliveryState> {
  for (const table of EMPTIED) await domain.db.deleteFrom(table).execute()
  const { enqueue, read } = openOutbox(domain)
  const later = situation === 'scheduled' ? { scheduledAt: new Date(Date.now() + 3_600_000) } : {}
  const subject: Subject = { domain, id: await enqueue(later), attempt: undefined }
  await SITUATIONS[situation].by(subject)
  const before = (await read(subject.id))?.status
  if (before !== stateIn(situation)) throw new Error(`${situation} is ${before}`)
  await EVENTS[event](subject)
  const after = (await read(subject.id))?.status
  if (after === undefined) throw new Error('the message is gone')
  return after
}
