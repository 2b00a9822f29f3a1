import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { countDeliveries, envelope, idOf, readQueued } from '../testing/queued.ts'
import { startDomain } from '../testing/start-domain.ts'
import {
  type Envelope,
  queueAudio,
  queueContact,
  queueContrato,
  queueDocument,
  queueImage,
  queueLocation,
  queuePoll,
  queueProposta,
  queueReaction,
  queueSticker,
  queueText,
  queueVideo,
} from './queue-intents.ts'
import { type QueueMessageResult, queueMessage } from './queue-message.ts'

const domain = await startDomain(t)
const stored = (result: QueueMessageResult) => readQueued(domain, result)
const URL_ = 'https://files.example/a'
const PHONE = '+5511911110000'

t.test('each kind of message is queued by its own function, as it was given', async (t) => {
  const of = envelope()
  const queued: [result: QueueMessageResult, intent: string, text: string][] = [
    [await queueText(domain, of, { text: 'Olá' }), 'text', 'Olá'],
    [await queueDocument(domain, of, { mediaUrl: URL_, fileName: 'a.pdf' }), 'document', 'a.pdf'],
    [await queueImage(domain, of, { mediaUrl: URL_, caption: 'A picture' }), 'image', 'A picture'],
    [await queueVideo(domain, of, { mediaUrl: URL_ }), 'video', 'video'],
    [await queueAudio(domain, of, { media: { base64: 'aGk=' }, ptt: true }), 'audio', 'audio'],
    [await queueSticker(domain, of, { mediaUrl: URL_ }), 'sticker', 'sticker'],
    [await queueLocation(domain, of, { latitude: 1, longitude: 2 }), 'location', '1, 2'],
    [await queueContact(domain, of, { fullName: 'Ana', phones: [PHONE] }), 'contact', 'Ana'],
    [await queuePoll(domain, of, { question: 'When?', options: ['a', 'b'] }), 'poll', 'When?'],
    [
      await queueProposta(domain, of, { proposalId: '1', title: 'Proposal', link: URL_ }),
      'proposta',
      'Proposal',
    ],
    [
      await queueContrato(domain, of, { contractId: '1', title: 'Contract', link: URL_ }),
      'contrato',
      'Contract',
    ],
  ]
  for (const [result, intent, text] of queued) {
    t.match(await stored(result), { intent, type: intent, text, payload: { intent } })
  }
})

t.test('content that breaks a limit queues nothing', async (t) => {
  const before = await countDeliveries(domain)
  await t.rejects(queueText(domain, envelope(), { text: '' }), { name: 'ZodError' })
  await t.rejects(queuePoll(domain, envelope(), { question: 'When?', options: ['a'] }), { name: 'ZodError' })
  await t.rejects(queueDocument(domain, envelope(), {}), { name: 'ZodError' })
  t.equal(await countDeliveries(domain), before)
})

t.test('a reaction finds its message by either id, in its own chat alone', async (t) => {
  const inbound = messageEnvelope({ phone: PHONE })
  const saved = await commit(domain, (work) => saveMessage(work, inbound))
  if (saved.status !== 'saved') throw new Error('not saved')
  const react = (messageId: string, to = PHONE) =>
    queueReaction(domain, envelope({ to }), { messageId, emoji: '\u{1f44d}' })
  for (const messageId of [saved.messageId, inbound.providerMessageId]) {
    t.match(await stored(await react(messageId)), {
      text: '\u{1f44d}',
      payload: { target: { providerMessageId: inbound.providerMessageId, fromMe: false } },
    })
  }
  for (const [messageId, to] of [
    [newId(), PHONE],
    ['3EB0NOTHING', PHONE],
    [saved.messageId, '+5511911119999'],
  ] as const) {
    t.same(await react(messageId, to), { status: 'message_not_found', messageId, member: 'messageId' })
  }
  const ours = idOf(await queueText(domain, envelope(), { text: 'not sent yet' }))
  t.match(await react(ours), { status: 'invalid_request', faults: [{ path: 'messageId' }] })
})

t.test('a reaction in a group names the member who wrote the message', async (t) => {
  const group = '120363000000000001@g.us'
  const participantJid = '5511900000009@s.whatsapp.net'
  const inbound = messageEnvelope({ chatKey: group, participantJid })
  await commit(domain, (work) => saveMessage(work, inbound))
  const result = await queueReaction(domain, envelope({ to: group }), {
    messageId: inbound.providerMessageId,
    emoji: '',
  })
  t.match(await stored(result), { text: 'reaction', payload: { target: { participantJid, fromMe: false } } })
})

t.test('a quote finds its message by either id, in its own chat alone', async (t) => {
  const inbound = messageEnvelope({ phone: PHONE })
  const saved = await commit(domain, (work) => saveMessage(work, inbound))
  if (saved.status !== 'saved') throw new Error('not saved')
  const answer = (quotedMessageId: string, to = PHONE) =>
    queueText(domain, envelope({ to }), { text: 'yes', quotedMessageId })
  const quoted = { providerMessageId: inbound.providerMessageId, fromMe: false }
  for (const id of [saved.messageId, inbound.providerMessageId]) {
    t.match(await stored(await answer(id)), { text: 'yes', payload: { quoted } })
  }
  const member = 'quotedMessageId'
  for (const [messageId, to] of [
    [newId(), PHONE],
    [saved.messageId, '+5511911119998'],
  ] as const) {
    t.same(await answer(messageId, to), { status: 'message_not_found', messageId, member })
  }
  const ours = idOf(await queueText(domain, envelope(), { text: 'not sent yet' }))
  t.match(await answer(ours), { status: 'invalid_request', faults: [{ path: member }] })
})

t.test('a message cannot be asked for in the past, or to end before it begins', async (t) => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
  const before = await countDeliveries(domain)
  const refusals: [times: Partial<Envelope>, path: string][] = [
    [{ scheduledAt: inDays(-1) }, 'scheduledAt'],
    [{ scheduledAt: inDays(400) }, 'scheduledAt'],
    [{ expiresAt: inDays(-1) }, 'expiresAt'],
    [{ scheduledAt: inDays(2), expiresAt: inDays(1) }, 'expiresAt'],
  ]
  for (const [times, path] of refusals) {
    const result = await queueText(domain, envelope(times), { text: 'late' })
    t.match(result, { status: 'invalid_request', faults: [{ of: 'request', path }] }, path)
  }
  t.equal(await countDeliveries(domain), before)
  const times = { scheduledAt: inDays(1), expiresAt: inDays(2) }
  t.match(await queueMessage(domain, outboundRequest({ ...times, instanceId: 'acme-phone' })), {
    status: 'queued',
  })
})
