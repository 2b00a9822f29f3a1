import { z } from 'zod'

/** What an erasure does, in this order. */
export const ERASURE_STEPS = [
  'begin',
  'sends',
  'messages',
  'groups',
  'activities',
  'tickets',
  'events',
  'jobs',
  'brokers',
  'files',
  'done',
] as const

/** How the erasure of a contact goes; under way while it has no end. */
export const Erasure = z.object({
  contactId: z.uuid(),
  requestedAt: z.iso.datetime(),
  /** From then on the contact is nobody: what its phone writes is another contact's. */
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  step: z.enum(ERASURE_STEPS),
  /** What it waits for, if it does: it tries again by itself. */
  waitingFor: z.string().nullable(),
  /** Messages and events that were blanked. */
  messages: z.number().int(),
  events: z.number().int(),
  /** By instance, what its broker did; one that cannot be called lets go after its own time. */
  brokers: z.record(z.string(), z.enum(['forgotten', 'unknown', 'not_callable'])),
})
export type Erasure = z.output<typeof Erasure>

/** Who is to be forgotten by a broker: `POST /instances/:id/forget`. */
export const ForgetPerson = z.strictObject({
  /** Every address of the person. */
  jids: z
    .array(z.string().regex(/^[\d-]{1,40}@(s\.whatsapp\.net|lid|g\.us)$/))
    .min(1)
    .max(10),
  /** What was sent to it, by our own ids. */
  messageIds: z.array(z.uuid()).max(1_000).default([]),
  /** What is younger is of somebody else. */
  until: z.iso.datetime(),
})
export type ForgetPerson = z.output<typeof ForgetPerson>

/** How many rows of each kind a broker blanked or deleted. */
export const ForgottenPerson = z.object({
  journal: z.number().int(),
  opened: z.number().int(),
  sends: z.number().int(),
  numbers: z.number().int(),
  keys: z.number().int(),
})
export type ForgottenPerson = z.output<typeof ForgottenPerson>

/** Fewer may be part of any number. */
const TELLING_DIGITS = 8

/** What gives a person away in any text: the digits of the phone or of the LID, however they are spelled around. Pure. */
export const namesOf = (jids: string[]): string[] =>
  jids.map((jid) => {
    const [user = ''] = jid.split('@')
    return user.length >= TELLING_DIGITS ? user : jid
  })

/**
 * The same as regular expressions, for PostgreSQL and for JavaScript: of whole numbers alone, as a longer one is another
 * person's. Pure.
 */
export const namePatternsOf = (jids: string[]): string[] =>
  namesOf(jids).map((name) => `(?<![0-9])${name.replaceAll('.', '\\.')}(?![0-9])`)
