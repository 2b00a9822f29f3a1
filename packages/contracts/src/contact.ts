import { z } from 'zod'
import { ConsentStanding } from './consent.ts'
import { SingleLine } from './storable-text.ts'
import { ContactView } from './ticket.ts'

const MAX_NAME_LENGTH = 200
const MAX_DOCUMENT_LENGTH = 100
const MAX_REGISTRATIONS = 50

/** Bounds of what people note of one contact in fields of their own. */
export const ATTRIBUTES = { maxCount: 100, maxKeyLength: 64, maxTextLength: 2_000, maxBytes: 32_768 } as const

const Attribute = z.union([SingleLine.max(ATTRIBUTES.maxTextLength), z.number(), z.boolean()])

/** A contact, as people who look after it see it. Name, document and registrations: what was given, else what was told. */
export const Contact = ContactView.extend({
  pushName: z.string().nullable(),
  document: z.string().nullable(),
  registrations: z.array(z.string()),
  avatarUrl: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  /** What brokers and the customer tell: it shows where nothing is given. */
  told: z.object({
    name: z.string().nullable(),
    document: z.string().nullable(),
    registrations: z.array(z.string()),
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Rises with every change that people make; what is told leaves it. */
  version: z.number().int(),
})
export type Contact = z.infer<typeof Contact>

/** One contact, with how it stands to each purpose. */
export const ContactDetails = Contact.extend({ consents: z.array(ConsentStanding) })
export type ContactDetails = z.infer<typeof ContactDetails>

/** `PATCH /api/contacts/:id`: what is left out stays; `null` takes away what was given, and what was told shows again. */
export const ContactChange = z.strictObject({
  name: SingleLine.trim().min(1).max(MAX_NAME_LENGTH).nullable().optional(),
  document: SingleLine.trim().min(1).max(MAX_DOCUMENT_LENGTH).nullable().optional(),
  registrations: z
    .array(SingleLine.trim().min(1).max(MAX_DOCUMENT_LENGTH))
    .max(MAX_REGISTRATIONS)
    .nullable()
    .optional(),
  attributes: z
    .record(SingleLine.min(1).max(ATTRIBUTES.maxKeyLength), Attribute.nullable())
    .refine((given) => Object.keys(given).length <= ATTRIBUTES.maxCount, {
      error: `must have ${ATTRIBUTES.maxCount} members at most`,
    })
    .optional(),
})
export type ContactChange = z.output<typeof ContactChange>
