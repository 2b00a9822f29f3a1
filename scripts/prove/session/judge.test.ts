import t from 'tap'
import type { ProvedChat } from './chats.ts'
import { judgeInbound } from './judge-inbound.ts'
import { judgeOutbound } from './judge-outbound.ts'
import { type ExpectedMessage, planInbound } from './plan-inbound.ts'
import { planOutbound } from './plan-outbound.ts'
import type { QueuedMessage } from './queue-outbound.ts'
import type { StoredDelivery, StoredMessage } from './read-database.ts'
import type { ShownMessage } from './read-phones.ts'

const CUSTOMER = '5511970000000'
const CHAT: ProvedChat = {
  instanceId: 'one',
  account: '5511900000000',
  name: CUSTOMER,
  people: [CUSTOMER],
}
const GROUP: ProvedChat = { ...CHAT, name: '120363000000000000@g.us', people: [CUSTOMER, '5511970000001'] }

const namesOf = (faults: object) =>
  Object.entries(faults).flatMap(([name, cases]) => (cases.length > 0 ? [name] : []))

const written = (id: string, fields: Partial<ExpectedMessage> = {}): ExpectedMessage => ({
  ...{ id, kind: 'text', chat: CHAT, author: CUSTOMER, text: id, quotedId: undefined },
  ...{ edits: 0, revoked: false, reaction: undefined, vote: undefined },
  ...fields,
})

const stored = (id: string, fields: Partial<StoredMessage> = {}): StoredMessage => ({
  ...{ id, instanceId: 'one', chat: CUSTOMER, type: 'text', text: id, quotedId: null },
  ...{ edits: 0, reactions: [], votes: [] },
  ...fields,
})

t.test('the proof finds whatever is wrong with what customers wrote', async (t) => {
  const [a, b] = [stored('a'), stored('b')]
  const table: [what: string, stored: StoredMessage[], faults: string[], expected?: ExpectedMessage][] = [
    ['all is well', [a, b], []],
    ['not there', [a], ['lost']],
    ['there twice', [a, b, b], ['unknown']],
    ["nobody's", [a, b, stored('c')], ['unknown']],
    ['overtaken', [b, a], ['outOfOrder']],
    ['not opened', [a, stored('b', { type: 'undecryptable' })], ['undecryptable']],
    ['an act, not opened', [a, b, stored('act', { type: 'undecryptable' })], ['undecryptable']],
    ['another chat', [a, stored('b', { chat: '5511970000001' })], ['changed']],
    ['another instance', [a, stored('b', { instanceId: 'two' })], ['changed']],
    ['another text', [a, stored('b', { text: 'c' })], ['changed']],
    ['no edit', [a, b], ['changed'], written('b', { edits: 1 })],
    ['no revoke', [a, b], ['changed'], written('b', { revoked: true })],
    ['no reaction', [a, b], ['changed'], written('b', { reaction: '👍' })],
    ['no vote', [a, b], ['changed'], written('b', { vote: 'Never' })],
    ['no quote', [a, b], ['changed'], written('b', { quotedId: 'a' })],
  ]
  for (const [what, rows, faults, expected = written('b')] of table) {
    t.same(namesOf(judgeInbound([written('a'), expected], rows)), faults, what)
  }
})

const queued = (name: string, fields: Partial<QueuedMessage> = {}): QueuedMessage => ({
  ...{ name, kind: 'text', chat: CHAT, members: {}, target: undefined, emoji: undefined, dueAt: 0 },
  ...{ id: `id-${name}`, targetId: undefined },
  ...fields,
})

const sent = (name: string, fields: Partial<StoredDelivery> = {}): StoredDelivery => ({
  ...{ id: `id-${name}`, waMessageId: `wa-${name}`, state: 'READ', errorCode: null, attempts: 1 },
  receipts: { DELIVERED: 1, READ: 1 },
  ...fields,
})

const shown = (name: string, fields: Partial<ShownMessage> = {}): ShownMessage => ({
  ...{ id: `wa-${name}`, type: 'text', text: name, read: true, reactions: [] },
  ...fields,
})

t.test('the proof finds whatever is wrong with what customers see', async (t) => {
  const [a, b] = [shown('a'), shown('b')]
  const reaction = queued('b', { kind: 'reaction', targetId: 'id-a', emoji: '👍' })
  const delivered = sent('b', { state: 'DELIVERED' })
  const reacted = shown('a', { reactions: [{ from: CHAT.account, emoji: '👍' }] })
  const table: [what: string, shown: ShownMessage[], faults: string[], StoredDelivery?, QueuedMessage?][] = [
    ['all is well', [a, b], []],
    ['not shown', [a], ['notShown', 'receipts']],
    ['shown twice', [a, b, b], ['shownTwice']],
    ["nobody's", [a, b, shown('c')], ['strange']],
    ['overtaken', [b, a], ['overtaken']],
    ['another text', [a, shown('b', { text: 'c' })], ['distorted']],
    ['another type', [a, shown('b', { type: 'image' })], ['distorted']],
    ['not sent', [a, b], ['stuck'], sent('b', { state: 'SENDING' })],
    ['no receipt', [a, b], ['receipts'], sent('b', { state: 'SENT' })],
    ['a receipt that nobody gave', [a, shown('b', { read: false })], ['receipts']],
    ['a reaction', [reacted], [], delivered, reaction],
    ['no reaction', [a], ['notShown'], delivered, reaction],
  ]
  for (const [what, items, faults, delivery = sent('b'), message = queued('b')] of table) {
    const phones = new Map([[CHAT, new Map([[CUSTOMER, items]])]])
    const found = judgeOutbound([[queued('a'), message]], [sent('a'), delivery], phones)
    t.same(namesOf(found), faults, what)
  }
})

t.test(
  'in a group every member must have said that they have it, and who read it that they did',
  async (t) => {
    const phones = new Map([[GROUP, new Map(GROUP.people.map((phone) => [phone, [shown('a')]]))]])
    const faultsOf = (receipts: StoredDelivery['receipts']) =>
      namesOf(
        judgeOutbound([[queued('a', { chat: GROUP })]], [sent('a', { state: 'SENT', receipts })], phones),
      )
    t.same(faultsOf({ DELIVERED: 2, READ: 2 }), [])
    t.same(faultsOf({ DELIVERED: 1, READ: 2 }), ['receipts'])
    t.same(faultsOf({ DELIVERED: 2, READ: 1 }), ['receipts'])
    t.same(faultsOf({ DELIVERED: 2, READ: 3 }), ['receipts'])
  },
)

t.test(
  'a plan has as many messages as asked for, acts on earlier ones alone, and follows from its seed',
  async (t) => {
    const plan = { seed: 7, messages: 501, chats: [CHAT, GROUP] }
    const { written, expected } = planInbound(plan)
    const ids = written.flat().map(({ id }) => id)
    t.equal(new Set(ids).size, 501)
    t.equal(planOutbound(plan).flat().length, 501)
    const kinds = new Set(written.flat().map(({ kind }) => kind))
    for (const kind of ['edit', 'revoke', 'reaction', 'vote', 'quote', 'poll'] as const)
      t.ok(kinds.has(kind), kind)
    t.ok(expected.every(({ id }) => ids.includes(id)))
    const kindsOf = (seed: number) =>
      planInbound({ ...plan, seed })
        .written.flat()
        .map(({ kind }) => kind)
    t.same(
      kindsOf(7),
      written.flat().map(({ kind }) => kind),
    )
    t.not(kindsOf(8).join(), kindsOf(7).join())
  },
)
