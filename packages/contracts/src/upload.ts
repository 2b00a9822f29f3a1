import { z } from 'zod'
import { Caption } from './intents/file.ts'
import { SingleLine } from './storable-text.ts'

/** The messages that a file can be brought for. */
export const UPLOAD_TYPES = ['image', 'video', 'audio', 'document', 'sticker'] as const
export const UploadType = z.enum(UPLOAD_TYPES)
export type UploadType = z.infer<typeof UploadType>

const MAX_NAME_LENGTH = 240
/** What is a folder somewhere, and the signs that turn the direction of writing and so hide an ending. */
const NO_NAME = /[/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]|^\.+$/

/** A file's name alone. */
export const UploadName = SingleLine.min(1)
  .max(MAX_NAME_LENGTH)
  .refine(
    (name) => !NO_NAME.test(name),
    'must be the file\u2019s name alone, without folders and without signs that turn the direction of writing',
  )

/** The fields of the form, beside `file`. */
export const UploadFields = z.strictObject({
  type: UploadType,
  caption: Caption.optional(),
  ticketId: z.uuid().toLowerCase().optional(),
  contactId: z.uuid().toLowerCase().optional(),
})
export type UploadFields = z.infer<typeof UploadFields>

const When = z.iso.datetime()

/** What an upload is answered with. */
export const CreatedUpload = z.object({
  uploadId: z.uuid(),
  /** Opens the bytes to whoever has it, until `expiresAt`. */
  resourceUrl: z.url(),
  expiresAt: When,
  /** What was found in the bytes. */
  mediaType: z.string(),
  /** In bytes. */
  size: z.number().int(),
})

/** An upload, with a new `resourceUrl` each time that it is read. */
export const UploadView = CreatedUpload.extend({
  type: UploadType,
  fileName: z.string().nullable(),
  sha256: z.string(),
  caption: z.string().nullable(),
  ticketId: z.uuid().nullable(),
  contactId: z.uuid().nullable(),
  createdBy: z.string(),
  createdAt: When,
  /** The last time that a message took it. */
  sentAt: When.nullable(),
  /** When it goes; null while a message has it. */
  keptUntil: When.nullable(),
})
export type UploadView = z.infer<typeof UploadView>
