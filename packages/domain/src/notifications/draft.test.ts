import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { draftOf } from './draft.ts'

const [ticketId, contactId, messageId, queueId] = [newId(), newId(), newId(), newId()]
const none = { firstInboundAt: null, lastInboundAt: null, firstOutboundAt: null, lastOutboundAt: null }
const ticket = {
  status: 'open',
  queueId,
  assigneeId: null,
  preview: 'Oi!',
  unreadCount: 1,
  lastMessageAt: null,
  version: 1,
}
const opened = (changed: object, name: string | null = 'Maria') => ({
  ...{ ticketId, contactId, instanceId: 'acme-phone', timeline: none },
  contact: { id: contactId, name, phone: '+5511955550001', isGroup: false },
  ticket: { ...ticket, ...changed },
})
const status = (status: string, errorCode: string | null = null) => ({
  ticketId,
  messageId,
  status,
  errorCode,
})
const gap = { instanceId: 'acme-phone', from: null, to: null, expected: 7, seen: 5 }

const CASES: [
  what: string,
  type: Parameters<typeof draftOf>[0]['type'],
  payload: object,
  told: object | null,
][] = [
  [
    'a customer who began',
    'tickets.new',
    opened({}),
    { title: 'Maria waits for an answer', body: 'Oi!', ticketId },
  ],
  ['one without a name', 'tickets.new', opened({}, null), { title: '+5511955550001 waits for an answer' }],
  ['a campaign', 'tickets.new', opened({ unreadCount: 0 }), null],
  ['a ticket that is somebody\u2019s', 'tickets.new', opened({ assigneeId: 'maria' }), null],
  [
    'a message that failed',
    'message.status.changed',
    status('FAILED', 'INVALID_TO'),
    { type: 'message_failed', ticketId, messageId, body: /INVALID_TO/ },
  ],
  ['a message that was sent', 'message.status.changed', status('SENT'), null],
  ['a message that was cancelled', 'message.status.changed', status('CANCELLED'), null],
  [
    'a gap',
    'whatsapp.instance.gap',
    gap,
    { type: 'instance_gap', instanceId: 'acme-phone', body: /7 were announced, 5 came/ },
  ],
  [
    'a gap that nobody counted',
    'whatsapp.instance.gap',
    { ...gap, expected: null },
    { type: 'instance_gap' },
  ],
  ['anything else', 'messages.new', {}, null],
]

t.test('what somebody should look at is told, and nothing else', async (t) => {
  for (const [what, type, payload, told] of CASES) {
    const draft = draftOf({ type, seq: 5, payload: { ...payload } })
    if (told === null) t.equal(draft, undefined, what)
    else t.match(draft, { ...told, source: 'event/5' }, what)
  }
})
