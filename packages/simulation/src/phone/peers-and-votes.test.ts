import { decryptPollVote, type proto, type WAMessage } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { optionHash } from './poll-vote.ts'
import { ACCOUNT, CUSTOMER, shown, startTestWhatsApp } from './test-whatsapp.ts'

const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('a vote of a customer is one that the account’s client opens, however people are named', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  for (const [addressing, to, own, voter] of [
    ['pn', jid(CUSTOMER), jid(ACCOUNT), jid(CUSTOMER)],
    ['lid', `${customer.lid}@lid`, `${owner.lid}@lid`, `${customer.lid}@lid`],
  ] as const) {
    customer.configure({ addressing })
    const poll = await account.socket.sendMessage(to, { poll: { name: 'Vem?', values: ['Sim', 'Não'] } })
    const id = poll?.key.id ?? ''
    await shown(customer, (message) => message.id === id)
    await customer.write(ACCOUNT, { type: 'vote', poll: { id }, options: ['Não'] })
    const messages = await account.messages.until(({ message }) => voteIn(message, id) !== undefined)
    const vote = messages.map(({ message }) => voteIn(message, id)).find((found) => found !== undefined)
    const { selectedOptions } = decryptPollVote(vote ?? {}, {
      pollMsgId: id,
      pollCreatorJid: own,
      pollEncKey: poll?.message?.messageContextInfo?.messageSecret ?? new Uint8Array(),
      voterJid: voter,
    })
    t.same(
      selectedOptions.map((hash) => Buffer.from(hash)),
      [optionHash('Não')],
    )
    for (const phone of [customer, owner]) {
      t.match(await shown(phone, (message) => message.id === id && message.votes.length > 0), {
        votes: [{ from: CUSTOMER, options: ['Não'] }],
      })
    }
  }
})

function voteIn(message: proto.IMessage | null | undefined, pollId: string) {
  const update = message?.pollUpdateMessage
  return update?.pollCreationMessageKey?.id === pollId ? (update.vote ?? undefined) : undefined
}

test('people who name each other by LID are one chat with those who do not', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  await customer.write(ACCOUNT, { type: 'text', text: 'by phone' })
  await account.messages.reached(1)
  customer.configure({ addressing: 'lid' })
  await customer.write(ACCOUNT, { type: 'text', text: 'by LID' })
  const received = await account.messages.reached(2)
  t.match(received[1]?.key, {
    remoteJid: `${customer.lid}@lid`,
    remoteJidAlt: jid(CUSTOMER),
    addressingMode: 'lid',
  })
  await account.text(`${customer.lid}@lid`, 'answer by LID', 'A-1')
  await account.text(jid(CUSTOMER), 'answer by phone', 'A-2')
  await shown(customer, ({ id }) => id === 'A-2')
  await shown(owner, ({ id }) => id === 'A-2')
  const texts = ['by phone', 'by LID', 'answer by LID', 'answer by phone']
  t.same(
    customer.shown({ chat: ACCOUNT }).map(({ content }) => content.text),
    texts,
  )
  t.same(
    owner.shown({ chat: CUSTOMER }).map(({ content }) => content.text),
    texts,
  )
})

test('a client is told by its own phone what it could not open', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  const { id } = await customer.write(ACCOUNT, { type: 'text', text: 'Oi' })
  const [first] = await account.messages.reached(1)
  await shown(owner, (message) => message.id === id)
  const request = await account.socket.requestPlaceholderResend({
    remoteJid: jid(CUSTOMER),
    id,
    fromMe: false,
  })
  const again = (message: WAMessage) => message.key.id === id && message !== first
  const messages = await account.messages.until(again)
  t.match(messages.find(again), { message: { conversation: 'Oi' }, pushName: 'Customer 0001' })
  t.type(request, 'string')
})
