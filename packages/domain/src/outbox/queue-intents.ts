import type { IntentName } from '@carteiro/contracts/intent'
import { RequestedIntent } from '@carteiro/contracts/requested-intent'
import type { z } from 'zod'
import type { CommitDependencies } from '../events/unit-of-work.ts'
import { type OutboundRequest, type QueueMessageResult, queueMessage } from './queue-message.ts'

type QueueDependencies = Parameters<typeof queueMessage>[0] & CommitDependencies

/** Everything about a message but what it says. */
export type Envelope = Omit<OutboundRequest, 'intent'>

/** What one intent says, as it is given. */
export type IntentContent<Name extends IntentName> = Omit<
  Extract<z.input<typeof RequestedIntent>, { intent: Name }>,
  'intent'
>

/**
 * Accepts one kind of message into the outbox, as `queueMessage` does.
 *
 * @throws ZodError when the content breaks a limit of its intent; nothing is queued then
 */
export type QueueIntent<Name extends IntentName> = (
  dependencies: QueueDependencies,
  envelope: Envelope,
  content: IntentContent<Name>,
) => Promise<QueueMessageResult>

const queueAs =
  <Name extends IntentName>(intent: Name): QueueIntent<Name> =>
  async (dependencies, envelope, content) =>
    queueMessage(dependencies, { ...envelope, intent: RequestedIntent.parse({ ...content, intent }) })

export const queueText = queueAs('text')
export const queueTemplate = queueAs('template')
export const queueDocument = queueAs('document')
export const queueImage = queueAs('image')
export const queueVideo = queueAs('video')
export const queueAudio = queueAs('audio')
export const queueSticker = queueAs('sticker')
export const queueLocation = queueAs('location')
export const queueContact = queueAs('contact')
export const queuePoll = queueAs('poll')
export const queueReaction = queueAs('reaction')
export const queueProposta = queueAs('proposta')
export const queueContrato = queueAs('contrato')
