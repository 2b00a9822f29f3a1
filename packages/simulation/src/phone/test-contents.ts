import type { AnyMessageContent, proto } from '@whiskeysockets/baileys'
import type { PhoneContent } from './phone-content.ts'
import type { ReadContent } from './read-content.ts'

export const bytes = Buffer.from('the bytes of a file')
const file = { bytes }

export interface Written {
  name: string
  content: PhoneContent
  /** What Baileys finds in the message. */
  found: proto.IMessage
  /** What the other phone shows. */
  shown: ReadContent
}

const read = (kind: 'image' | 'video' | 'audio' | 'document' | 'sticker', mimetype: string) => ({
  file: { kind, mimetype, bytes: bytes.length },
})

/** What a customer may write. */
export const WRITTEN: Written[] = [
  {
    name: 'a text',
    content: { type: 'text', text: 'Olá 👋🏽\nsegunda linha' },
    found: { conversation: 'Olá 👋🏽\nsegunda linha' },
    shown: { type: 'text', text: 'Olá 👋🏽\nsegunda linha' },
  },
  {
    name: 'a text that disappears',
    content: { type: 'text', text: 'Some', ephemeralSeconds: 86_400 },
    found: { extendedTextMessage: { text: 'Some', contextInfo: { expiration: 86_400 } } },
    shown: { type: 'text', text: 'Some', ephemeralSeconds: 86_400 },
  },
  {
    name: 'a text that names people',
    content: { type: 'text', text: '@5511900000002 veja', mentions: ['5511900000002'] },
    found: { extendedTextMessage: { contextInfo: { mentionedJid: ['5511900000002@s.whatsapp.net'] } } },
    shown: { type: 'text', text: '@5511900000002 veja', mentions: ['5511900000002'] },
  },
  {
    name: 'an image with a caption',
    content: { type: 'image', file, caption: 'Uma foto' },
    found: { imageMessage: { caption: 'Uma foto', mimetype: 'image/jpeg', directPath: '/file/0' } },
    shown: { type: 'image', text: 'Uma foto', ...read('image', 'image/jpeg') },
  },
  {
    name: 'an image to be seen once',
    content: { type: 'image', file: { bytes, mimetype: 'image/png' }, viewOnce: true },
    found: { imageMessage: { mimetype: 'image/png', viewOnce: true } },
    shown: { type: 'image', text: null, viewOnce: true, ...read('image', 'image/png') },
  },
  {
    name: 'a video',
    content: { type: 'video', file, seconds: 7 },
    found: { videoMessage: { seconds: 7 } },
    shown: { type: 'video', text: null, file: { ...read('video', 'video/mp4').file, seconds: 7 } },
  },
  {
    name: 'an audio file',
    content: { type: 'audio', file },
    found: { audioMessage: { ptt: false } },
    shown: { type: 'audio', text: null, ...read('audio', 'audio/mpeg') },
  },
  {
    name: 'a voice message to be heard once',
    content: { type: 'voice', file, seconds: 3, viewOnce: true },
    found: { audioMessage: { ptt: true, seconds: 3 } },
    shown: {
      type: 'voice',
      text: null,
      viewOnce: true,
      file: { ...read('audio', 'audio/ogg; codecs=opus').file, seconds: 3 },
    },
  },
  {
    name: 'a document with a caption',
    content: {
      type: 'document',
      file: { bytes, mimetype: 'application/pdf' },
      fileName: 'a.pdf',
      caption: 'Leia',
    },
    found: { documentMessage: { fileName: 'a.pdf', caption: 'Leia' } },
    shown: {
      type: 'document',
      text: 'Leia',
      file: { ...read('document', 'application/pdf').file, fileName: 'a.pdf' },
    },
  },
  {
    name: 'a document without a caption',
    content: { type: 'document', file, fileName: 'b.bin' },
    found: { documentMessage: { fileName: 'b.bin' } },
    shown: {
      type: 'document',
      text: null,
      file: { ...read('document', 'application/octet-stream').file, fileName: 'b.bin' },
    },
  },
  {
    name: 'a sticker',
    content: { type: 'sticker', file },
    found: { stickerMessage: { mimetype: 'image/webp' } },
    shown: { type: 'sticker', text: null, ...read('sticker', 'image/webp') },
  },
  {
    name: 'a location',
    content: { type: 'location', latitude: -23.5, longitude: -46.6, name: 'Praça', address: 'Rua 1' },
    found: { locationMessage: { degreesLatitude: -23.5, name: 'Praça' } },
    shown: {
      type: 'location',
      text: 'Praça',
      location: { latitude: -23.5, longitude: -46.6, name: 'Praça', address: 'Rua 1' },
    },
  },
  {
    name: 'a contact',
    content: { type: 'contact', name: 'Silva; João, filho', phones: ['5511911111111', '5511922222222'] },
    found: { contactMessage: { displayName: 'Silva; João, filho' } },
    shown: {
      type: 'contact',
      text: 'Silva; João, filho',
      contacts: [{ name: 'Silva; João, filho', phones: ['5511911111111', '5511922222222'] }],
    },
  },
  {
    name: 'a poll of one choice',
    content: { type: 'poll', question: 'Quando?', options: ['Hoje', 'Amanhã'], selectableCount: 1 },
    found: { pollCreationMessageV3: { name: 'Quando?', selectableOptionsCount: 1 } },
    shown: { type: 'poll', text: 'Quando?', poll: { options: ['Hoje', 'Amanhã'], selectableCount: 1 } },
  },
  {
    name: 'a poll of many choices',
    content: { type: 'poll', question: 'O quê?', options: ['A', 'B', 'C'] },
    found: { pollCreationMessage: { name: 'O quê?' } },
    shown: { type: 'poll', text: 'O quê?', poll: { options: ['A', 'B', 'C'], selectableCount: 0 } },
  },
]

const upload = Buffer.from('an upload')
/** What Baileys may send. */
export const SENT: { name: string; content: AnyMessageContent; shown: object }[] = [
  { name: 'a text', content: { text: 'Bom dia' }, shown: { type: 'text', text: 'Bom dia' } },
  {
    name: 'an image',
    content: { image: upload, caption: 'Veja', jpegThumbnail: '' },
    shown: {
      type: 'image',
      text: 'Veja',
      file: { kind: 'image', mimetype: 'image/jpeg', bytes: upload.length },
    },
  },
  {
    name: 'an image to be seen once',
    content: { image: upload, viewOnce: true, jpegThumbnail: '' },
    shown: { type: 'image', viewOnce: true },
  },
  { name: 'a video', content: { video: upload, jpegThumbnail: '' }, shown: { type: 'video', text: null } },
  {
    name: 'a round video',
    content: { video: upload, ptv: true, jpegThumbnail: '' },
    shown: { type: 'video', file: { kind: 'video' } },
  },
  {
    name: 'an audio file',
    content: { audio: upload, seconds: 2, mimetype: 'audio/mp4' },
    shown: { type: 'audio', file: { kind: 'audio', mimetype: 'audio/mp4', seconds: 2 } },
  },
  {
    name: 'a voice message',
    content: { audio: upload, ptt: true, seconds: 2 },
    shown: { type: 'voice', file: { kind: 'audio', seconds: 2 } },
  },
  {
    name: 'a document',
    content: { document: upload, mimetype: 'application/pdf', fileName: 'c.pdf', caption: 'Contrato' },
    shown: { type: 'document', text: 'Contrato', file: { fileName: 'c.pdf', mimetype: 'application/pdf' } },
  },
  { name: 'a sticker', content: { sticker: upload }, shown: { type: 'sticker', file: { kind: 'sticker' } } },
  {
    name: 'a location',
    content: { location: { degreesLatitude: 1.5, degreesLongitude: 2.5, name: 'Aqui' } },
    shown: { type: 'location', text: 'Aqui', location: { latitude: 1.5, longitude: 2.5 } },
  },
  {
    name: 'a contact',
    content: {
      contacts: {
        contacts: [
          { displayName: 'Rui', vcard: 'BEGIN:VCARD\nFN:Rui\nTEL;waid=551199:+55 11 99\nEND:VCARD' },
        ],
      },
    },
    shown: { type: 'contact', text: 'Rui', contacts: [{ name: 'Rui', phones: ['551199'] }] },
  },
  {
    name: 'several contacts',
    content: { contacts: { displayName: '2', contacts: [{ displayName: 'Rui' }, { displayName: 'Eva' }] } },
    shown: { type: 'contact', text: 'Rui, Eva' },
  },
  {
    name: 'a poll',
    content: { poll: { name: 'Qual?', values: ['1', '2'], selectableCount: 1 } },
    shown: { type: 'poll', text: 'Qual?', poll: { options: ['1', '2'], selectableCount: 1 } },
  },
  {
    name: 'an event',
    content: { event: { name: 'Festa', startDate: new Date(0) } },
    shown: { type: 'other', text: null, field: 'eventMessage' },
  },
]
