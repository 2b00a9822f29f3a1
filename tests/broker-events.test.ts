import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { parseWebhook } from '../apps/api/src/features/webhooks/parse-webhook.ts'
import { toCallEntry } from '../apps/broker/src/features/receiving/to-call-entry.ts'
import {
  toContactEntry,
  toGroupEntry,
  toMappingEntry,
  toMembersEntry,
} from '../apps/broker/src/features/receiving/to-directory-entry.ts'
import { toEvent, toOutboundEntry } from '../apps/broker/src/features/receiving/to-event.ts'
import { toGapEntry } from '../apps/broker/src/features/receiving/to-gap-entry.ts'
import {
  toAckEntry,
  toReceiptEntry,
  toStatusEntry,
} from '../apps/broker/src/features/receiving/to-update-event.ts'

const customer = '5511988887777@s.whatsapp.net'
const member = '5511911112222@s.whatsapp.net'
const group = '120363000000000000@g.us'
const receivedAt = new Date('2026-01-02T03:04:05.000Z')
const update = { instanceId: 'main', receivedAt }
const context = { ...update, upsertType: 'notify' } as const

/** What the API makes of what our broker tells, with raw upserts switched off. */
function readByApi(entry: { event: unknown } | undefined) {
  const rules = { rawFallback: false, ownMessages: false }
  const parsed = parseWebhook(Buffer.from(JSON.stringify([entry?.event])), rules)
  if (typeof parsed === 'string') throw new Error(parsed)
  return { ...parsed, drafts: parsed.events.map(({ draft }) => draft) }
}

function comes(message: proto.IMessage | null, more: Partial<WAMessage> = {}) {
  const key = { remoteJid: customer, id: '3A01', fromMe: false }
  const content = message && proto.Message.fromObject(message)
  const inbound = toEvent({ key, message: content, messageTimestamp: 1_767_322_000, ...more }, context)
  return readByApi(inbound.kind === 'event' ? inbound : undefined)
}

const target = { remoteJid: customer, id: '3A00', fromMe: false }
const poll = {
  messageContextInfo: { messageSecret: new Uint8Array(32).fill(7) },
  pollCreationMessageV3: { name: 'Lunch?', options: [{ optionName: 'yes' }, { optionName: 'no' }] },
}
const bytes = new Uint8Array(32).fill(1)
const messages: [string, proto.IMessage, Record<string, unknown>][] = [
  [
    'a text',
    { conversation: 'hello' },
    { kind: 'message', direction: 'inbound', message: { text: 'hello' } },
  ],
  [
    'an edit',
    { protocolMessage: { key: target, type: 14, editedMessage: { conversation: 'new' } } },
    { kind: 'edit', targetMessageId: '3A00', message: { text: 'new' } },
  ],
  ['a revoke', { protocolMessage: { key: target, type: 0 } }, { kind: 'revoke', targetMessageId: '3A00' }],
  [
    'a reaction',
    { reactionMessage: { key: target, text: '👍' } },
    { kind: 'reaction', targetMessageId: '3A00', emoji: '👍' },
  ],
  [
    'a vote',
    { pollUpdateMessage: { pollCreationMessageKey: target, vote: { encPayload: bytes, encIv: bytes } } },
    { kind: 'vote', pollMessageId: '3A00', encrypted: { iv: Buffer.from(bytes).toString('base64') } },
  ],
]
for (const [what, message, expected] of messages) {
  test(`${what} that the broker tells is read by the API as what it is`, async (t) => {
    t.match(comes(message).drafts, [{ chatKey: customer, body: expected }])
  })
}

test('a message that the broker could not decrypt is read by its own id', async (t) => {
  const stub = { messageStubType: 2, messageStubParameters: ['No session record'] }
  const body = { kind: 'undecryptable', providerMessageId: '3A01', reason: 'No session record' }
  t.match(comes(null, stub).drafts, [{ body }])
})

test('what our own phone wrote is read as outbound, and what it does to its messages too', async (t) => {
  const key = { remoteJid: customer, id: '3A01', fromMe: true }
  const own = { remoteJid: customer, id: '3A00', fromMe: true }
  const direct = { kind: 'message', direction: 'outbound' }
  t.match(comes({ conversation: 'mine' }, { key }).drafts, [{ chatKey: customer, body: direct }])
  t.match(comes(poll, { key }).drafts, [{ body: direct }])
  const edited = { protocolMessage: { key: own, type: 14, editedMessage: { conversation: 'new' } } }
  t.match(comes(edited, { key }).drafts, [{ body: { kind: 'edit', fromMe: true, targetMessageId: '3A00' } }])
  const reaction = { reactionMessage: { key: target, text: 'x' } }
  t.match(comes(reaction, { key }), { drafts: [], ignored: [{ reason: 'from_me' }] })
})

const told = { instanceId: 'main', eventId: 'E1', receivedAt }
const lid = '123456789012345@lid'
const others: [string, { event: unknown } | undefined, Record<string, unknown>][] = [
  [
    'name of a person',
    toContactEntry({ id: lid, phoneNumber: customer, name: 'Ana' }, told),
    { chatKey: customer, body: { kind: 'contact', phone: '+5511988887777', lid, contact: { name: 'Ana' } } },
  ],
  [
    'LID of a phone',
    toMappingEntry({ lid, pn: customer }, told),
    { chatKey: customer, body: { kind: 'contact', phone: '+5511988887777', lid } },
  ],
  [
    'group',
    toGroupEntry({ id: group, subject: 'Family' }, 'changed', told),
    { chatKey: group, body: { kind: 'group', jid: group, subject: 'Family' } },
  ],
  [
    'change of members',
    toMembersEntry({ id: group, author: member, action: 'add', participants: [{ id: member }] }, told),
    { chatKey: group, body: { kind: 'group', subject: null, details: { change: 'add' } } },
  ],
  [
    'call',
    toCallEntry(
      {
        ...{ id: 'C1', chatId: lid, from: lid, callerPn: customer, status: 'offer' },
        offline: false,
        date: receivedAt,
      },
      told,
    ),
    { chatKey: customer, body: { kind: 'call', details: { callId: 'C1', status: 'offer' } } },
  ],
  [
    'gap',
    toGapEntry({ expected: 3, seen: 2, from: undefined }, told),
    { body: { kind: 'gap', details: { expected: 3, seen: 2 } } },
  ],
]
for (const [what, entry, expected] of others) {
  test(`a ${what} that the broker tells is read by the API as such`, async (t) => {
    t.match(readByApi(entry).drafts, [expected])
  })
}

test('the secret of a poll that the broker sent is read', async (t) => {
  const message = proto.Message.fromObject(poll)
  const sent = toOutboundEntry({ key: { remoteJid: customer, id: '3EB0AA', fromMe: true }, message }, context)
  const secret = Buffer.alloc(32, 7).toString('base64')
  t.match(readByApi(sent).drafts, [
    {
      body: {
        kind: 'message',
        direction: 'outbound',
        providerMessageId: '3EB0AA',
        message: { poll: { messageSecret: secret } },
      },
    },
  ])
})

const key = { remoteJid: customer, id: '3EB0AA', fromMe: true }
const ack = { waMessageId: '3EB0AA', jid: customer }
const statuses: [string, { event: unknown } | undefined, Record<string, unknown>][] = [
  ['late acknowledgement', toAckEntry({ ...ack, refusedWith: undefined }, update), { status: 'SENT' }],
  [
    'late refusal',
    toAckEntry({ ...ack, refusedWith: '463' }, update),
    { status: 'FAILED', error: { code: '463' } },
  ],
  ['delivery', toStatusEntry({ key, update: { status: 3 } }, update), { status: 'DELIVERED' }],
  ['reading', toStatusEntry({ key, update: { status: 4 } }, update), { status: 'READ' }],
  [
    'reading by a member of a group',
    toReceiptEntry(
      { key: { ...key, remoteJid: group }, receipt: { userJid: member, readTimestamp: 1_767_322_000 } },
      update,
    ),
    { status: 'READ', participantJid: member },
  ],
]
for (const [what, entry, expected] of statuses) {
  test(`a ${what} that the broker tells is read by the API as a status of our message`, async (t) => {
    t.match(readByApi(entry).drafts, [{ body: { kind: 'status', providerMessageId: '3EB0AA', ...expected } }])
  })
}
