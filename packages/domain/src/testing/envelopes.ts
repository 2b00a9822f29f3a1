import type { Envelope, MessageEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'

type OfKind<Kind extends Envelope['kind']> = Extract<Envelope, { kind: Kind }>

/** What every envelope has, for tests: tenant `acme`, its instance, the chat of a phone. */
export const envelopeBase = ({ phone = '+5511933330000' }: { phone?: string } = {}) => ({
  id: newId(),
  tenantId: 'acme',
  instanceId: 'acme-phone',
  chatKey: `${phone.slice(1)}@s.whatsapp.net`,
  timestamp: '2024-05-02T13:05:00.000Z',
  receivedAt: new Date().toISOString(),
  requestId: 'request-1',
})

const sender = (phone?: string) => ({
  contact: phone === undefined ? {} : { phone },
  participantJid: null,
  providerMessageId: newId(),
})

type Fields<Kind extends Envelope['kind']> = Partial<OfKind<Kind>> & { phone?: string }

export const messageEnvelope = ({
  phone = '+5511933330000',
  text = 'Oi!',
  ...fields
}: Fields<'message'> & { text?: string } = {}): MessageEnvelope => ({
  ...envelopeBase({ phone }),
  ...sender(phone),
  kind: 'message',
  direction: 'inbound',
  message: { type: 'text', text },
  metadata: {},
  ...fields,
})

export const undecryptableEnvelope = ({ phone = '+5511933330000', ...fields }: Fields<'undecryptable'>) =>
  ({
    ...envelopeBase({ phone }),
    ...sender(phone),
    kind: 'undecryptable',
    reason: 'no session',
    ...fields,
  }) satisfies OfKind<'undecryptable'>

export const editEnvelope = ({
  phone = '+5511933330000',
  text = 'Edited',
  targetMessageId,
  ...fields
}: Fields<'edit'> & { targetMessageId: string; text?: string }) =>
  ({
    ...envelopeBase({ phone }),
    ...sender(phone),
    kind: 'edit',
    targetMessageId,
    message: { type: 'text', text },
    ...fields,
  }) satisfies OfKind<'edit'>

export const revokeEnvelope = ({
  phone = '+5511933330000',
  targetMessageId,
  ...fields
}: Fields<'revoke'> & { targetMessageId: string }) =>
  ({
    ...envelopeBase({ phone }),
    ...sender(phone),
    kind: 'revoke',
    targetMessageId,
    ...fields,
  }) satisfies OfKind<'revoke'>

export const reactionEnvelope = ({
  phone = '+5511933330000',
  targetMessageId,
  emoji = '👍',
  ...fields
}: Fields<'reaction'> & { targetMessageId: string }) =>
  ({
    ...envelopeBase({ phone }),
    ...sender(phone),
    kind: 'reaction',
    targetMessageId,
    emoji,
    ...fields,
  }) satisfies OfKind<'reaction'>

export const voteEnvelope = ({
  phone = '+5511933330000',
  pollMessageId,
  ...fields
}: Fields<'vote'> & { pollMessageId: string }) =>
  ({
    ...envelopeBase({ phone }),
    ...sender(phone),
    kind: 'vote',
    pollMessageId,
    voterJids: [`${phone.slice(1)}@s.whatsapp.net`],
    creatorJids: [],
    encrypted: null,
    selectedOptionIds: null,
    selectedOptions: null,
    ...fields,
  }) satisfies OfKind<'vote'>

export const statusEnvelope = (
  fields: Fields<'status'> & { providerMessageId: string; status: OfKind<'status'>['status'] },
) =>
  ({
    ...envelopeBase(),
    kind: 'status',
    participantJid: null,
    error: null,
    deliveryId: null,
    details: {},
    ...fields,
  }) satisfies OfKind<'status'>
