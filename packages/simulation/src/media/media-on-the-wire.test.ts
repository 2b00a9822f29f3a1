import { randomBytes } from 'node:crypto'
import type { MediaType } from '@carteiro/contracts/media'
import {
  type AnyMediaMessageContent,
  downloadMediaMessage,
  proto,
  type WAMessage,
} from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { createPhone } from '../phone/create-phone.ts'
import type { Phone } from '../phone/phone.ts'
import type { PhoneContent } from '../phone/phone-content.ts'
import { startTestServer } from '../server/test-server.ts'
import { createPhoneMedia } from './create-phone-media.ts'
import { startTestMediaHost, until } from './test-media-host.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const CARLA = '5511999990003'
const jid = (phone: string) => `${phone}@s.whatsapp.net`
const { Status } = proto.WebMessageInfo

const { host, options, socketConfig } = await startTestMediaHost(t)
const media = createPhoneMedia(host)
const whatsapp = await startTestServer(t, {
  mediaConn: host.mediaConn,
  createPhone: (person, port) => createPhone({ person, pushName: person.phone, port: { ...port, media } }),
})
const ana = whatsapp.connect(await whatsapp.link(ANA), socketConfig)
const carla = whatsapp.connect(await whatsapp.link(CARLA), socketConfig)
await Promise.all([ana.opened, carla.opened])

function phoneOf(number: string): Phone {
  const person = whatsapp.server.persons.named(number)
  const device = person && whatsapp.server.persons.phoneOf(person)
  if (!device) throw new Error(`${number} has no phone`)
  return device.phone
}
const [phoneOfAna, beto] = [phoneOf(ANA), phoneOf(BETO)]

const has = (phone: Phone, id: string) => until(() => phone.shown({ id }).length > 0)
const arrived = async ({ messages }: typeof ana, id: string) => {
  const all = await messages.until(({ key }) => key.id === id)
  const message = all.find(({ key }) => key.id === id)
  if (!message) throw new Error(`${id} is not there`)
  return message
}
const bytesOf = (message: WAMessage) =>
  downloadMediaMessage(message, 'buffer', { options, host: host.hostname })

const types: [
  MediaType,
  (bytes: Buffer) => AnyMediaMessageContent,
  (file: { bytes: Buffer }) => PhoneContent,
][] = [
  [
    'image',
    (image) => ({ image, caption: 'look', jpegThumbnail: '' }),
    (file) => ({ type: 'image', file, caption: 'look' }),
  ],
  ['video', (video) => ({ video, jpegThumbnail: '' }), (file) => ({ type: 'video', file })],
  ['ptv', (video) => ({ video, ptv: true, jpegThumbnail: '' }), (file) => ({ type: 'video', file })],
  ['audio', (audio) => ({ audio, ptt: true, seconds: 2 }), (file) => ({ type: 'voice', file, seconds: 2 })],
  [
    'document',
    (document) => ({ document, mimetype: 'application/pdf', fileName: 'a.pdf' }),
    (file) => ({ type: 'document', file, fileName: 'a.pdf' }),
  ],
  ['sticker', (sticker) => ({ sticker }), (file) => ({ type: 'sticker', file })],
]
for (const [type, sent, written] of types) {
  test(`the bytes of a ${type} are the same on both sides of the wire`, async (t) => {
    const bytes = randomBytes(70_001)
    const message = await ana.socket.sendMessage(jid(BETO), sent(bytes))
    const id = message?.key.id ?? ''
    await Promise.all([has(beto, id), has(phoneOfAna, id)])
    t.ok(bytes.equals(await beto.download(ANA, id)), 'from client to phone')
    t.ok(bytes.equals(await phoneOfAna.download(BETO, id)), 'and to the phone of the same account')

    const answer = await beto.write(ANA, written({ bytes }))
    t.ok(bytes.equals(await bytesOf(await arrived(ana, answer.id))), 'from phone to client')

    const toCarla = await ana.socket.sendMessage(jid(CARLA), sent(bytes))
    const copy = await arrived(carla, toCarla?.key.id ?? '')
    t.ok(bytes.equals(await bytesOf(copy)), 'from client to client')
  })
}

test('a picture in a group reaches phones and clients', async (t) => {
  const members = [ANA, BETO, CARLA]
  const group = whatsapp.server.groups.create({ subject: 'g', creator: BETO, members, createdAt: new Date() })
  if (!group) throw new Error('no group')
  const bytes = randomBytes(10_000)
  const { id } = await beto.write(group.jid, { type: 'image', file: { bytes } })
  for (const client of [ana, carla]) t.ok(bytes.equals(await bytesOf(await arrived(client, id))))
  const message = await ana.socket.sendMessage(group.jid, { image: bytes, jpegThumbnail: '' })
  await has(beto, message?.key.id ?? '')
  t.ok(bytes.equals(await beto.download(group.jid, message?.key.id ?? '')))
})

test('a voice message that is played is told to whoever recorded it', async (t) => {
  const sent = await ana.socket.sendMessage(jid(BETO), { audio: randomBytes(100), ptt: true, seconds: 1 })
  const id = sent?.key.id ?? ''
  await has(beto, id)
  beto.play(ANA, [id])
  const updates = await ana.updates.until(({ update }) => update.status === Status.PLAYED)
  t.match(updates.at(-1), { key: { id, remoteJid: jid(BETO) }, update: { status: Status.PLAYED } })

  const { id: answer } = await beto.write(ANA, { type: 'voice', file: { bytes: randomBytes(100) } })
  const message = await arrived(ana, answer)
  await ana.socket.sendReceipt(message.key.remoteJid ?? '', undefined, [answer], 'played')
  const played = () => beto.shown({ id: answer })[0]?.receipts.some(({ kind }) => kind === 'played')
  await until(() => played() === true)
})

test('a file that has expired is uploaded again by the account\u2019s phone, and found there', async (t) => {
  const bytes = randomBytes(5_000)
  const { id } = await beto.write(ANA, { type: 'image', file: { bytes } })
  const message = await arrived(ana, id)
  const { directPath } = message.message?.imageMessage ?? {}
  host.expire(directPath ?? '')
  await t.rejects(bytesOf(message), { message: /Failed to fetch/ })
  const updated = await ana.socket.updateMediaMessage(message)
  t.not(updated.message?.imageMessage?.directPath, directPath)
  t.ok(bytes.equals(await bytesOf(updated)))
})

test('a file that the phone has no longer, or under another key, is not uploaded again', async (t) => {
  const sent = await ana.socket.sendMessage(jid(BETO), { image: randomBytes(100), jpegThumbnail: '' })
  if (!sent) throw new Error('nothing was sent')
  await has(phoneOfAna, sent.key.id ?? '')
  await t.rejects(ana.socket.updateMediaMessage(sent), { message: 'Failed to re-upload media (2)' })
  const { id } = await beto.write(ANA, { type: 'image', file: { bytes: randomBytes(100) } })
  const message = await arrived(ana, id)
  if (message.message?.imageMessage) message.message.imageMessage.mediaKey = randomBytes(32)
  await t.rejects(ana.socket.updateMediaMessage(message), { message: 'Failed to re-upload media (3)' })
})

test('an upload that the host refuses once is made again with a new token', async (t) => {
  host.revokeTokens()
  const picture = { image: randomBytes(100), jpegThumbnail: '' }
  await t.rejects(ana.socket.sendMessage(jid(BETO), picture), /failed on all hosts/)
  t.ok(await ana.socket.sendMessage(jid(BETO), picture))
})
