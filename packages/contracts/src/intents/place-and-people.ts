import { z } from 'zod'
import { SingleLine } from '../storable-text.ts'
import { quoting } from './quoting.ts'

/** Ours: Meta names none, and a phone shows two lines. */
const MAX_LINE_LENGTH = 1_000
const MAX_NAME_LENGTH = 200
/** Ours: a card with more is no one's. */
const MAX_OF_A_KIND = 20

export const LocationIntent = z.strictObject({
  intent: z.literal('location'),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: SingleLine.max(MAX_LINE_LENGTH).optional(),
  address: SingleLine.max(MAX_LINE_LENGTH).optional(),
  ...quoting,
})
export type LocationIntent = z.infer<typeof LocationIntent>

/** Single lines throughout: each becomes a line of a vCard. */
export const ContactIntent = z.strictObject({
  intent: z.literal('contact'),
  fullName: SingleLine.trim().min(1).max(MAX_NAME_LENGTH),
  phones: z
    .array(z.string().regex(/^\+?[\d ().-]{3,32}$/, 'must be a phone number'))
    .min(1)
    .max(MAX_OF_A_KIND),
  organization: SingleLine.max(MAX_NAME_LENGTH).optional(),
  emails: z.array(z.email().max(254)).max(MAX_OF_A_KIND).optional(),
  ...quoting,
})
export type ContactIntent = z.infer<typeof ContactIntent>
