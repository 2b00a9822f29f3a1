import { z } from 'zod'
import { BrokerContact, ConnectionStatus } from './broker-event.ts'
import { DeliveryState } from './delivery.ts'
import { Slug } from './identifier.ts'

/** Members of any name and kind. Not walked, as `z.record` would: every event passes here. */
const FreeObject = z.custom<Record<string, unknown>>(isObject, 'must be an object')
const Text = z.string().min(1)

const Base = {
  /** uuid5 of (tenant, instance, kind, own id): the same event has the same id, whoever repeats it. */
  id: z.uuid(),
  tenantId: Slug,
  instanceId: Slug,
  /** What must stay in order: the chat, or the instance for what belongs to no chat. */
  chatKey: Text,
  /** Effective time of the event, ISO 8601. */
  timestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  requestId: z.string(),
}

/** Who wrote it: the contact of the chat, and in a group the participant, by jid. */
const Sender = {
  contact: BrokerContact,
  /** Group chats: the member's own jid. */
  participantJid: z.string().nullable(),
}

/** A message of a chat; `outbound` where our own phone wrote it. */
export const MessageEnvelope = z.object({
  ...Base,
  ...Sender,
  kind: z.literal('message'),
  direction: z.enum(['inbound', 'outbound']),
  /** WhatsApp's id of the message. */
  providerMessageId: Text,
  message: FreeObject,
  metadata: FreeObject,
})
export type MessageEnvelope = z.infer<typeof MessageEnvelope>

/** A message that this device could not decrypt: kept in its place, and replaced when the real one comes. */
export const UndecryptableEnvelope = z.object({
  ...Base,
  ...Sender,
  kind: z.literal('undecryptable'),
  providerMessageId: Text,
  reason: z.string().nullable(),
})
export type UndecryptableEnvelope = z.infer<typeof UndecryptableEnvelope>

/** Our own account did it, from its phone: others may not touch what we wrote, nor we what they wrote. */
const ByUs = { fromMe: z.literal(true).optional() }

/** New content for a message that was sent before. */
export const EditEnvelope = z.object({
  ...Base,
  ...Sender,
  ...ByUs,
  kind: z.literal('edit'),
  /** Of the stanza that brought the edit. */
  providerMessageId: Text,
  targetMessageId: Text,
  message: FreeObject,
})
export type EditEnvelope = z.infer<typeof EditEnvelope>

/** "This message was deleted": its content goes, its place stays. */
export const RevokeEnvelope = z.object({
  ...Base,
  ...Sender,
  ...ByUs,
  kind: z.literal('revoke'),
  providerMessageId: Text,
  targetMessageId: Text,
})
export type RevokeEnvelope = z.infer<typeof RevokeEnvelope>

/** One reaction per person and message: a later one replaces it, `null` takes it back. */
export const ReactionEnvelope = z.object({
  ...Base,
  ...Sender,
  kind: z.literal('reaction'),
  providerMessageId: Text,
  targetMessageId: Text,
  emoji: z.string().nullable(),
})
export type ReactionEnvelope = z.infer<typeof ReactionEnvelope>

/** A vote as WhatsApp brings it: readable only with the poll's secret (base64). */
export const EncryptedVote = z.object({ payload: Text, iv: Text })

/** One vote per person and poll: a later one replaces it, an empty choice takes it back. */
export const VoteEnvelope = z.object({
  ...Base,
  ...Sender,
  kind: z.literal('vote'),
  providerMessageId: Text,
  pollMessageId: Text,
  /** The voter's jids, as far as they are known: decryption must try each spelling. */
  voterJids: z.array(z.string()),
  /** The poll creator's jids, likewise. */
  creatorJids: z.array(z.string()),
  encrypted: EncryptedVote.nullable(),
  /** sha256 of the options' names, in hex; null while encrypted. */
  selectedOptionIds: z.array(z.string()).nullable(),
  selectedOptions: z.array(z.string()).nullable(),
})
export type VoteEnvelope = z.infer<typeof VoteEnvelope>

/** What a transport says went wrong with a message. */
export const StatusError = z.object({
  code: z.string(),
  title: z.string().nullable(),
  message: z.string().nullable(),
  details: z.string().nullable(),
})
export type StatusError = z.infer<typeof StatusError>

/** A receipt for a message of ours. */
export const StatusEnvelope = z.object({
  ...Base,
  kind: z.literal('status'),
  providerMessageId: Text,
  status: DeliveryState.extract(['SENT', 'DELIVERED', 'READ', 'FAILED']),
  /** Group chats: whose receipt it is. */
  participantJid: z.string().nullable(),
  error: StatusError.nullable(),
  /** Our own id, where the transport gave it back (Cloud API: `biz_opaque_callback_data`). */
  deliveryId: z.string().nullable(),
  /** What Meta tells beside: recipient, conversation, pricing, errors. */
  details: FreeObject,
})
export type StatusEnvelope = z.infer<typeof StatusEnvelope>

/** Something new about a person: names, or the phone of a LID. */
export const ContactEnvelope = z.object({
  ...Base,
  kind: z.literal('contact'),
  contact: BrokerContact,
  phone: z.string().nullable(),
  lid: z.string().nullable(),
})
export type ContactEnvelope = z.infer<typeof ContactEnvelope>

/** Something new about a group. */
export const GroupEnvelope = z.object({
  ...Base,
  kind: z.literal('group'),
  jid: Text,
  subject: z.string().nullable(),
  details: FreeObject,
})
export type GroupEnvelope = z.infer<typeof GroupEnvelope>

/** Somebody called. */
export const CallEnvelope = z.object({ ...Base, ...Sender, kind: z.literal('call'), details: FreeObject })
export type CallEnvelope = z.infer<typeof CallEnvelope>

/** The broker saw that something is missing. */
export const GapEnvelope = z.object({ ...Base, kind: z.literal('gap'), details: FreeObject })
export type GapEnvelope = z.infer<typeof GapEnvelope>

/** How an instance's session stands. */
export const ConnectionEnvelope = z.object({
  ...Base,
  kind: z.literal('connection'),
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  reason: z.string().nullable(),
  /** A code to scan is there. */
  qrAvailable: z.literal(true).optional(),
})
export type ConnectionEnvelope = z.infer<typeof ConnectionEnvelope>

/** What the queue carries between the webhook and the worker: one event, in our one shape. */
export const BrokerInboundEventSchema = z.discriminatedUnion('kind', [
  MessageEnvelope,
  UndecryptableEnvelope,
  EditEnvelope,
  RevokeEnvelope,
  ReactionEnvelope,
  VoteEnvelope,
  StatusEnvelope,
  ContactEnvelope,
  GroupEnvelope,
  CallEnvelope,
  GapEnvelope,
  ConnectionEnvelope,
])
export type Envelope = z.infer<typeof BrokerInboundEventSchema>

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
