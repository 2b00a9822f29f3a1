import { z } from 'zod'
import type { PhoneContent } from '../phone/phone-content.ts'
import { MessageId, Phone } from './fields.ts'
import { sampleFile } from './samples.ts'

/** A file in a body, in bytes. */
const FILE_LIMIT = 16 * 1024 * 1024
/** Bytes of a body that carries one. */
export const CONTENT_BODY_LIMIT = Math.ceil(FILE_LIMIT / 3) * 4 + 256 * 1024

const Text = z.string().min(1).max(65_536)
const Label = z.string().min(1).max(1_000)
const Seconds = z.int().min(0).max(86_400)

const Reference = z.object({
  id: MessageId,
  /** The author, where two people may have used the same id. */
  from: Phone.exactOptional(),
})

/** Left out, the type's built-in sample is sent. */
const File = z.object({
  base64: z
    .base64()
    .min(4)
    .max(Math.ceil(FILE_LIMIT / 3) * 4),
  mimetype: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*$/, 'must be a type as image/png')
    .max(200)
    .exactOptional(),
})

const circumstances = {
  quoted: Reference.exactOptional(),
  mentions: z.array(Phone).max(100).exactOptional(),
  viewOnce: z.boolean().exactOptional(),
  ephemeralSeconds: z.int().min(1).max(7_776_000).exactOptional(),
}

const caption = Text.exactOptional()
const seconds = Seconds.exactOptional()
const file = File.exactOptional()

const Poll = z.object({
  type: z.literal('poll'),
  question: Label,
  options: z.array(Label).min(2).max(12),
  /** 0: as many as one likes. */
  selectableCount: z.int().min(0).max(12).exactOptional(),
  ...circumstances,
})

/** What a person writes or does to a message; without a type it is a text. */
export const ContentBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text').optional(), text: Text, ...circumstances }),
  z.object({ type: z.literal('image'), file, caption, ...circumstances }),
  z.object({ type: z.literal('video'), file, caption, seconds, ...circumstances }),
  z.object({ type: z.literal('audio'), file, seconds, ...circumstances }),
  z.object({ type: z.literal('voice'), file, seconds, ...circumstances }),
  z.object({
    type: z.literal('document'),
    file,
    fileName: z.string().min(1).max(200).exactOptional(),
    caption,
    ...circumstances,
  }),
  z.object({ type: z.literal('sticker'), file, ...circumstances }),
  z.object({
    type: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: Label.exactOptional(),
    address: Label.exactOptional(),
    ...circumstances,
  }),
  z.object({
    type: z.literal('contact'),
    name: Label,
    phones: z.array(Phone).min(1).max(20),
    ...circumstances,
  }),
  Poll,
  z.object({ type: z.literal('vote'), poll: Reference, options: z.array(Label).max(12) }),
  z.object({ type: z.literal('edit'), message: Reference, text: Text }),
  z.object({ type: z.literal('revoke'), message: Reference }),
  z.object({ type: z.literal('reaction'), message: Reference, emoji: z.string().max(40) }),
])
export type ContentBody = z.output<typeof ContentBody>

/** What a phone writes: bytes for base64, and a sample where no file was given. */
export function toContent(body: ContentBody): PhoneContent {
  switch (body.type) {
    case undefined:
    case 'text':
      return { ...body, type: 'text' }
    case 'document': {
      const sample = sampleFile('document')
      return { ...body, fileName: body.fileName ?? sample.name, file: body.file ? decode(body.file) : sample }
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'sticker':
      return { ...body, file: body.file ? decode(body.file) : sampleFile(body.type) }
    default:
      return body
  }
}

function decode({ base64, ...facts }: z.output<typeof File>) {
  return { ...facts, bytes: Buffer.from(base64, 'base64') }
}
