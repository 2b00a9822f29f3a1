import { BrokerWebhookInboundSchema } from '@carteiro/contracts/broker-event'
import { proto } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { ToldLast } from './directory.ts'
import { findMappings } from './find-mappings.ts'
import { GroupCalls } from './group-calls.ts'
import type { JournalEntry } from './journal.ts'
import { toCallEntry } from './to-call-entry.ts'
import { toContactEntry, toGroupEntry, toMappingEntry, toMembersEntry } from './to-directory-entry.ts'
import { toReadable } from './to-readable.ts'

const receivedAt = new Date('2026-01-02T03:04:05.000Z')
const context = { instanceId: 'main', eventId: 'E1', receivedAt }
const pn = '5511988887777@s.whatsapp.net'
const lid = '123456789012345@lid'
const group = '120363000000000000@g.us'

/** What is told, as the contract has it. */
const payloadOf = (entry: JournalEntry | undefined) =>
  entry && BrokerWebhookInboundSchema.parse(entry.event).payload

test('a person is named by every address that is known, and only where there is a name', async (t) => {
  t.same(payloadOf(toContactEntry({ id: pn, lid, name: 'Ana' }, context)), {
    phone: '+5511988887777',
    lid,
    name: 'Ana',
  })
  t.same(payloadOf(toContactEntry({ id: lid, verifiedName: 'Shop' }, context)), {
    phone: null,
    lid,
    pushName: 'Shop',
  })
  t.equal(toContactEntry({ id: pn, imgUrl: 'changed' }, context), undefined)
  t.equal(toContactEntry({ id: group, name: 'Family' }, context), undefined)
})

test('a mapping without a phone or without a LID is none', async (t) => {
  t.same(payloadOf(toMappingEntry({ lid, pn }, context)), { lid, phone: '+5511988887777' })
  t.equal(toMappingEntry({ lid: pn, pn }, context), undefined)
})

test('of a group its members are counted, and the code by which anybody may join is not told', async (t) => {
  const told = payloadOf(
    toGroupEntry(
      { id: group, subject: 'Family', inviteCode: 'secret', participants: [{ id: pn }] },
      'created',
      context,
    ),
  )
  t.same(told, { jid: group, change: 'created', subject: 'Family', size: 1 })
  t.equal(toGroupEntry({ id: pn, subject: 'x' }, 'changed', context), undefined)
})

test('as many members are told as a group may have', async (t) => {
  const participants = Array.from({ length: 2_000 }, () => ({ id: pn, lid }))
  const told = payloadOf(toMembersEntry({ id: group, author: lid, action: 'add', participants }, context))
  t.match(told, { change: 'add', by: { lid }, members: [{ phone: '+5511988887777', lid }] })
  t.equal(Reflect.get(told ?? {}, 'members').length, 1_024)
})

const rings = { id: 'C1', chatId: lid, from: lid, callerPn: pn, offline: false, date: receivedAt }

test('a call keeps its place in the caller\u2019s chat, and a group\u2019s in the group\u2019s', async (t) => {
  t.match(toCallEntry({ ...rings, status: 'offer' }, context), {
    chatKey: '+5511988887777',
    event: { id: 'call:C1:offer', payload: { phone: '+5511988887777', lid, chatId: lid } },
  })
  const inGroup = toCallEntry({ ...rings, status: 'offer', isGroup: true, groupJid: group }, context)
  t.match(inGroup, { chatKey: group, event: { payload: { groupJid: group, phone: '+5511988887777' } } })
  t.equal(toCallEntry({ ...rings, status: 'relaylatency' }, context), undefined)
  const undated = toCallEntry({ ...rings, status: 'offer', date: new Date(Number.NaN) }, context)
  t.equal(undated?.event.timestamp, receivedAt.toISOString())
})

test('what becomes of a group\u2019s call belongs to the group, and says nothing that is not known', async (t) => {
  const calls = new GroupCalls()
  calls.complete({ ...rings, status: 'offer', isGroup: true, groupJid: group })
  const ended = toCallEntry(calls.complete({ ...rings, status: 'terminate' }), context)
  t.match(ended, { chatKey: group, event: { payload: { groupJid: group, status: 'terminate' } } })
  t.notOk('isVideo' in (payloadOf(ended) ?? {}))
  t.match(calls.complete({ ...rings, id: 'C2', status: 'offer' }), { id: 'C2' })
})

test('mappings are read from our own phone\u2019s list, and not from anybody else\u2019s', async (t) => {
  const encodedMappingPayload = proto.LIDMigrationMappingSyncPayload.encode({
    pnToLidMappings: [{ pn: 5_511_988_887_777, assignedLid: 1, latestLid: 123_456_789_012_345 }],
  }).finish()
  const { LID_MIGRATION_MAPPING_SYNC: type } = proto.Message.ProtocolMessage.Type
  const from = (fromMe: boolean, payload = encodedMappingPayload) => {
    const protocolMessage = { type, lidMigrationMappingSyncMessage: { encodedMappingPayload: payload } }
    const message = { key: { remoteJid: pn, id: '1', fromMe }, message: { protocolMessage } }
    return findMappings({ type: 'notify', messages: [message] })
  }
  t.same(from(true), [{ lid, pn }])
  t.same(from(false), [])
  t.same(from(true, Buffer.from([255])), [])
})

test('who shares the number behind a LID is known by it', async (t) => {
  const { SHARE_PHONE_NUMBER: type } = proto.Message.ProtocolMessage.Type
  const key = { remoteJid: lid, remoteJidAlt: pn, id: '1', fromMe: false }
  const messages = [{ key, message: { protocolMessage: { type } } }]
  t.same(findMappings({ type: 'notify', messages }), [{ lid, pn }])
})

test('an update that brings the content of an unreadable message is told under the message\u2019s id', async (t) => {
  const key = { remoteJid: pn, id: '3A01', fromMe: false }
  t.match(toReadable({ key, update: { message: { conversation: 'hello' } } }, context), {
    event: { id: '3A01', type: 'MESSAGE_INBOUND', payload: { message: { text: 'hello' } } },
  })
  const edited = { editedMessage: { message: { conversation: 'new' } } }
  for (const update of [{ message: edited }, { message: null }, { status: 3 }]) {
    t.equal(toReadable({ key, update }, context), undefined)
  }
})

test('what was told last is not told again, until something else was', async (t) => {
  const told = new ToldLast()
  t.same(
    ['Ana', 'Ana', 'Bia', 'Ana'].map((name) => told.isNews('person', name)),
    [true, false, true, true],
  )
  for (let other = 0; other < 10_000; other++) told.isNews(`other ${other}`, '')
  t.ok(told.isNews('person', 'Ana'), 'the oldest is forgotten')
})
