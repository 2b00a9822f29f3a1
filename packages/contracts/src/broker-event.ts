import { z } from 'zod'

const Nullable = z.string().nullish()

/** The contact as a broker knows it (broker contracts, "Contact attributes"); every member may be missing. */
export const BrokerContact = z
  .object({
    phone: Nullable,
    name: Nullable,
    document: Nullable,
    registrations: z.array(z.string()).nullish(),
    avatarUrl: Nullable,
    pushName: Nullable,
  })
  .loose()
export type BrokerContact = z.infer<typeof BrokerContact>

const FreeObject = z.record(z.string(), z.unknown())

/** `MESSAGE_INBOUND`: a customer's message, as a broker posts it to the webhook. */
export const MessageInboundEvent = z.object({
  id: z.string().min(1).max(256),
  type: z.literal('MESSAGE_INBOUND'),
  instanceId: z.string().min(1).max(256),
  timestamp: z.union([z.string(), z.number()]).optional(),
  cursor: z.string().optional(),
  payload: z.object({
    instanceId: z.string().optional(),
    timestamp: z.union([z.string(), z.number()]).optional(),
    contact: BrokerContact,
    message: FreeObject,
    metadata: FreeObject,
  }),
})
export type MessageInboundEvent = z.infer<typeof MessageInboundEvent>

/** `MESSAGE_OUTBOUND`: a message of ours, in the same shape. */
export const MessageOutboundEvent = MessageInboundEvent.extend({ type: z.literal('MESSAGE_OUTBOUND') })
export type MessageOutboundEvent = z.infer<typeof MessageOutboundEvent>

/** How an instance's session stands. */
export const CONNECTION_STATUSES = [
  'created',
  'connecting',
  'connected',
  'disconnected',
  'logged_out',
] as const
export const ConnectionStatus = z.enum(CONNECTION_STATUSES)
export type ConnectionStatus = z.infer<typeof ConnectionStatus>

/** `INSTANCE_CONNECTION`: our broker tells how an instance's session stands. */
export const InstanceConnectionEvent = z.object({
  id: z.string().min(1).max(256),
  type: z.literal('INSTANCE_CONNECTION'),
  instanceId: z.string().min(1).max(256),
  timestamp: z.union([z.string(), z.number()]).optional(),
  payload: z.object({
    status: ConnectionStatus,
    connected: z.boolean(),
    phone: Nullable,
    lid: Nullable,
    qrAvailable: z.boolean().default(false),
    reason: Nullable,
  }),
})
export type InstanceConnectionEvent = z.infer<typeof InstanceConnectionEvent>

const Event = {
  id: z.string().min(1).max(256),
  instanceId: z.string().min(1).max(256),
  timestamp: z.union([z.string(), z.number()]).optional(),
}

/** `CONTACT_UPDATED`: new names of a person, who is named by phone, LID or jid. */
export const ContactUpdatedEvent = z.object({
  ...Event,
  type: z.literal('CONTACT_UPDATED'),
  payload: BrokerContact.extend({ lid: Nullable, jid: Nullable }),
})

/** `LID_MAPPING`: a phone (E.164 or jid) and the LID that is the same person. */
export const LidMappingEvent = z.object({
  ...Event,
  type: z.literal('LID_MAPPING'),
  payload: z.object({ lid: z.string(), phone: z.string() }).loose(),
})

/** A person's two addresses: E.164, and the LID. */
const Person = z.object({ phone: Nullable, lid: Nullable })

/** `GROUP_UPDATED`: what is new of a group, beside its jid. `members` are those whom a change of members is about. */
export const GroupUpdatedEvent = z.object({
  ...Event,
  type: z.literal('GROUP_UPDATED'),
  payload: z
    .object({
      jid: z.string(),
      subject: Nullable,
      change: z.enum(['created', 'changed', 'add', 'remove', 'promote', 'demote', 'modify']).optional(),
      size: z.number().int().optional(),
      by: Person.nullish(),
      members: z.array(Person.extend({ admin: Nullable })).optional(),
    })
    .loose(),
})

/** It rings, was taken or refused, nobody took it, or it is over. */
export const CallStatus = z.enum(['offer', 'accept', 'reject', 'timeout', 'terminate'])

/** `CALL_RECEIVED`: who called (jid), and what is known of the call; all that becomes of it has the same `callId`. */
export const CallReceivedEvent = z.object({
  ...Event,
  type: z.literal('CALL_RECEIVED'),
  payload: Person.extend({
    from: z.string(),
    callId: z.string().optional(),
    status: CallStatus.optional(),
    chatId: z.string().optional(),
    groupJid: z.string().optional(),
    isVideo: z.boolean().optional(),
    isGroup: z.boolean().optional(),
    /** It rang while the instance was away. */
    backfilled: z.literal(true).optional(),
  }).loose(),
})

/** `INSTANCE_GAP`: of `expected` stanzas that waited on WhatsApp, `seen` came. `from` is null after a restart. */
export const InstanceGapEvent = z.object({
  ...Event,
  type: z.literal('INSTANCE_GAP'),
  payload: z.object({
    from: z.iso.datetime().nullable(),
    to: z.iso.datetime(),
    expected: z.number().int(),
    seen: z.number().int(),
  }),
})

/** `MESSAGE_UNDECRYPTABLE`: a message whose content this device could not read; `rawKey` is its key. */
export const MessageUndecryptableEvent = z.object({
  ...Event,
  type: z.literal('MESSAGE_UNDECRYPTABLE'),
  payload: z
    .object({
      contact: BrokerContact.optional(),
      message: z.object({ id: z.string(), chatId: z.string() }).loose(),
      metadata: FreeObject.optional(),
      reason: Nullable,
    })
    .loose(),
})
export type MessageUndecryptableEvent = z.infer<typeof MessageUndecryptableEvent>

/**
 * `WHATSAPP_MESSAGES_UPDATE`: what became of messages, one entry for each, in Baileys' words (`status`, the code of an
 * error in `messageStubParameters`, `receipt` for a group's member).
 */
export const MessagesUpdateEvent = z.object({
  ...Event,
  type: z.literal('WHATSAPP_MESSAGES_UPDATE'),
  payload: z.object({
    iid: z.string(),
    raw: z.object({ updates: z.array(z.object({ key: FreeObject, update: FreeObject })) }),
  }),
})
export type MessagesUpdateEvent = z.infer<typeof MessagesUpdateEvent>

/**
 * One event of the webhook as our own broker writes it. The webhook reads many more shapes (docs/inbound.md).
 * `event` is read as `type`, as several brokers spell it.
 */
export const BrokerWebhookInboundSchema = z.discriminatedUnion('type', [
  MessageInboundEvent,
  MessageOutboundEvent,
  InstanceConnectionEvent,
  ContactUpdatedEvent,
  LidMappingEvent,
  GroupUpdatedEvent,
  CallReceivedEvent,
  InstanceGapEvent,
  MessageUndecryptableEvent,
  MessagesUpdateEvent,
])
export type BrokerWebhookEvent = z.infer<typeof BrokerWebhookInboundSchema>
