import type { Envelope, MessageEnvelope } from '@carteiro/contracts/envelope'
import { saveGroup } from '@carteiro/domain/contacts/save-group'
import { saveTold } from '@carteiro/domain/contacts/save-told'
import { markApplied } from '@carteiro/domain/envelopes/mark-applied'
import type { UnitOfWork } from '@carteiro/domain/events/unit-of-work'
import { recordConnection } from '@carteiro/domain/instances/record-connection'
import { recordGap } from '@carteiro/domain/instances/record-gap'
import { applyChange } from '@carteiro/domain/messages/apply-change'
import { recordVote } from '@carteiro/domain/messages/record-vote'
import { saveCall } from '@carteiro/domain/messages/save-call'
import { saveMessage, saveMessages } from '@carteiro/domain/messages/save-message'
import { saveUndecryptable } from '@carteiro/domain/messages/save-undecryptable'
import { recordReceipt } from '@carteiro/domain/outbox/receipts'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'

/** What became of an envelope, for the log and the metrics. */
export interface Applied {
  status: string
  /** The message that was stored. */
  messageId?: string
  /** It told that a message reached the phone, so long after WhatsApp's server had it. */
  deliveredAfterSeconds?: number | undefined
}

/** Messages in a row are stored together; any other kind is applied alone. */
export const isMessage = (envelope: Envelope): envelope is MessageEnvelope => envelope.kind === 'message'

/** What envelopes do, in their order. */
export async function applyEnvelopes(
  queue: Queue,
  work: UnitOfWork,
  envelopes: Envelope[],
): Promise<Applied[]> {
  if (envelopes.every(isMessage)) return saveMessages(work, envelopes)
  const applied: Applied[] = []
  for (const envelope of envelopes) applied.push(await applyEnvelope(queue, work, envelope))
  return applied
}

/** What an envelope does, by its kind; each once, however often it comes. */
async function applyEnvelope(queue: Queue, work: UnitOfWork, envelope: Envelope): Promise<Applied> {
  if (envelope.kind !== 'status') return { status: await apply(queue, work, envelope) }
  if (!(await markApplied(work, envelope))) return { status: 'duplicate' }
  const { status, released, deliveredAfterSeconds } = await recordReceipt(work, envelope)
  if (released) await nudge(queue, work, envelope)
  return { status, deliveredAfterSeconds }
}

type NotStatus = Exclude<Envelope, { kind: 'status' }>

async function apply(queue: Queue, work: UnitOfWork, envelope: NotStatus): Promise<string> {
  if (!isStoredOnce(envelope) && !(await markApplied(work, envelope))) return 'duplicate'
  switch (envelope.kind) {
    case 'message':
      return (await saveMessage(work, envelope)).status
    case 'undecryptable':
      return (await saveUndecryptable(work, envelope)).status
    case 'edit':
    case 'revoke':
    case 'reaction':
      return (await applyChange(work, envelope)).status
    case 'vote':
      return (await recordVote(work, envelope)).status
    case 'contact':
      return (await saveTold(work, envelope)).status
    case 'group':
      return (await saveGroup(work, envelope)).status
    case 'call':
      return (await saveCall(work, envelope)).status
    case 'gap':
      // What is missing can only come from the broker.
      return recordGap(work, envelope).status
    case 'connection': {
      const { status } = await recordConnection(work, envelope)
      if (status === 'connected') await nudge(queue, work, envelope)
      return status
    }
    default:
      return envelope satisfies never
  }
}

/** These are kept from being stored twice by WhatsApp's own id. */
const isStoredOnce = ({ kind }: Envelope): boolean => kind === 'message' || kind === 'undecryptable'

const nudge = (queue: Queue, { transaction }: UnitOfWork, { tenantId, instanceId }: Envelope) =>
  nudgeOutbound(queue, transaction, [{ tenantId, instanceId }])
