import { createHash } from 'node:crypto'
import { decryptPollVote, type WAMessage } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createTestPeople } from './test-phones.ts'

const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('a reaction shows at the message on both phones, and goes when it is taken back', async (t) => {
  const { network, ana, bia } = createTestPeople()
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  for (const { emoji, seen } of [
    { emoji: '👍', seen: [{ from: bia.phone, emoji: '👍' }] },
    { emoji: '❤️', seen: [{ from: bia.phone, emoji: '❤️' }] },
    { emoji: '', seen: [] },
  ]) {
    await bia.write(ana.phone, { type: 'reaction', message: { id }, emoji })
    await network.settled()
    t.same(
      ana.shown().map(({ reactions }) => reactions),
      [seen],
    )
    t.same(
      bia.shown().map(({ reactions }) => reactions),
      [seen],
    )
  }
})

test('an edit changes the words, and only its author may', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oí' })
  await network.settled()
  await ana.write(bia.phone, { type: 'edit', message: { id }, text: 'Oi' })
  await network.settled()
  for (const phone of [ana, bia]) t.match(phone.shown(), [{ id, edited: true, content: { text: 'Oi' } }])
  t.match(companion.messages[1]?.message, {
    editedMessage: { message: { protocolMessage: { key: { id }, editedMessage: { conversation: 'Oi' } } } },
  })
  const key = { remoteJid: jid(ana.phone), id, fromMe: false }
  await companion.write(jid(ana.phone), { text: 'forged', edit: key })
  await network.settled()
  t.match(ana.shown(), [{ content: { text: 'Oi' } }])
})

test('what is revoked is gone from both phones', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'secret' })
  const sent = await companion.write(jid(ana.phone), { text: 'also secret' })
  await network.settled()
  await ana.write(bia.phone, { type: 'revoke', message: { id } })
  await companion.write(jid(ana.phone), { delete: sent.key })
  await network.settled()
  for (const phone of [ana, bia]) {
    t.match(phone.shown(), [
      { id, revoked: true, content: { text: null } },
      { id: sent.key.id, revoked: true, content: { text: null } },
    ])
  }
})

test('Baileys reacts and edits: the phone shows it', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  const sent = await companion.write(jid(ana.phone), { text: 'Olá' })
  await network.settled()
  await companion.write(jid(ana.phone), {
    react: { text: '🎉', key: { remoteJid: jid(ana.phone), id, fromMe: false } },
  })
  await companion.write(jid(ana.phone), { text: 'Olá!', edit: sent.key })
  await network.settled()
  for (const phone of [ana, bia]) {
    t.match(phone.shown({ id }), [{ reactions: [{ from: bia.phone, emoji: '🎉' }] }])
    t.match(phone.shown({ id: sent.key.id ?? '' }), [{ edited: true, content: { text: 'Olá!' } }])
  }
})

test('a quote names what it answers, and carries it', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const { id } = await bia.write(ana.phone, { type: 'text', text: 'Quando?' })
  await network.settled()
  await ana.write(bia.phone, { type: 'text', text: 'Hoje', quoted: { id } })
  await network.settled()
  t.match(companion.messages[1]?.message?.extendedTextMessage, {
    text: 'Hoje',
    contextInfo: { stanzaId: id, participant: jid(bia.phone), quotedMessage: { conversation: 'Quando?' } },
  })
  t.match(bia.shown()[1], { content: { text: 'Hoje', quotedId: id } })
})

/** The options that a vote chose, as Baileys opens it. */
function chosen(vote: WAMessage | undefined, poll: WAMessage, voter: string, options: string[]): string[] {
  const { selectedOptions } = decryptPollVote(vote?.message?.pollUpdateMessage?.vote ?? {}, {
    pollMsgId: poll.key.id ?? '',
    pollCreatorJid: jid('5511900000002'),
    pollEncKey: poll.message?.messageContextInfo?.messageSecret ?? new Uint8Array(),
    voterJid: voter,
  })
  const hashes = selectedOptions.map((hash) => Buffer.from(hash).toString('hex'))
  return options.filter((option) => hashes.includes(createHash('sha256').update(option).digest('hex')))
}

test('a vote in a poll that Baileys sent is one that Baileys opens, and both phones count it', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const values = ['Sim', 'Não', 'Talvez']
  const poll = await companion.write(jid(ana.phone), { poll: { name: 'Vem?', values, selectableCount: 2 } })
  await network.settled()
  const target = { id: poll.key.id ?? '' }
  for (const options of [['Sim'], ['Não', 'Talvez'], []]) {
    await ana.write(bia.phone, { type: 'vote', poll: target, options })
    await network.settled()
    t.same(chosen(companion.messages.at(-1), poll, jid(ana.phone), values), options)
    const votes = options.length === 0 ? [] : [{ from: ana.phone, options }]
    t.same(
      ana.shown(target).map((message) => message.votes),
      [votes],
    )
    t.same(
      bia.shown(target).map((message) => message.votes),
      [votes],
    )
  }
  await t.rejects(ana.write(bia.phone, { type: 'vote', poll: target, options: ['Nunca'] }), {
    code: 'VALIDATION_ERROR',
  })
})

test('a poll in a group counts the votes of each', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const group = '120363000000000001@g.us'
  const caio = phone('5511900000003')
  network.group(group, [ana, bia, caio])
  const poll = await ana.write(group, { type: 'poll', question: 'Onde?', options: ['Aqui', 'Ali'] })
  await network.settled()
  await bia.write(group, { type: 'vote', poll, options: ['Ali'] })
  await caio.write(group, { type: 'vote', poll, options: ['Aqui', 'Ali'] })
  await network.settled()
  for (const reader of [ana, bia, caio]) {
    const votes = reader.shown(poll)[0]?.votes ?? []
    t.same(
      new Map(votes.map(({ from, options }) => [from, options])),
      new Map([
        [bia.phone, ['Ali']],
        [caio.phone, ['Aqui', 'Ali']],
      ]),
    )
  }
})

test('a voice message is played, and its author learns it; a text cannot be', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const voice = await companion.write(jid(ana.phone), { audio: Buffer.from('x'), ptt: true, seconds: 1 })
  const text = await companion.write(jid(ana.phone), { text: 'Oi' })
  await network.settled()
  companion.receipts.length = 0
  ana.play(bia.phone)
  ana.play(bia.phone)
  await network.settled()
  t.match(ana.shown(), [{ played: true, read: true }, { played: false }])
  t.match(
    companion.receipts.map(({ attrs }) => [attrs.type, attrs.id]),
    [['played', voice.key.id]],
  )
  t.not(voice.key.id, text.key.id)
})

test('what is done to a message that comes later is done when it comes', async (t) => {
  const { network, ana, bia } = createTestPeople()
  network.decide((to, { attrs }) => (to.startsWith(bia.phone) && attrs.id === 'LATE' ? 'hold' : 'deliver'))
  await ana.write(bia.phone, { type: 'text', text: 'Oí' }, { id: 'LATE' })
  await ana.write(bia.phone, { type: 'edit', message: { id: 'LATE' }, text: 'Oi' })
  await ana.write(bia.phone, { type: 'reaction', message: { id: 'LATE' }, emoji: '👍' })
  await network.settled()
  t.same(bia.shown(), [])
  network.release()
  await network.settled()
  const reactions = [{ from: ana.phone, emoji: '👍' }]
  t.match(bia.shown(), [{ id: 'LATE', edited: true, content: { text: 'Oi' }, reactions }])
})
