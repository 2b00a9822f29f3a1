import { z } from 'zod'
import { StorableText } from './storable-text.ts'

/** What a message is sent for: what the contact asked for, or what we would like to tell. */
export const PURPOSES = ['service', 'marketing'] as const
export const Purpose = z.enum(PURPOSES)
export type Purpose = z.infer<typeof Purpose>

export const ConsentStatus = z.enum(['granted', 'denied'])
export type ConsentStatus = z.infer<typeof ConsentStatus>

/** `PUT /api/contacts/:id/consents/:purpose`: what a contact said. */
export const RecordConsent = z
  .object({
    status: ConsentStatus,
    source: StorableText.trim().min(1).max(200).default('api').describe('where it was said'),
    at: z.iso.datetime({ offset: true }).optional().describe('when it was said; left out, just now'),
  })
  .strict()

/** A line of a contact's history. */
export const Consent = z.object({
  id: z.uuid(),
  contactId: z.uuid(),
  purpose: Purpose,
  status: ConsentStatus,
  source: z.string(),
  at: z.iso.datetime(),
})
export type Consent = z.infer<typeof Consent>

/** How a contact stands to a purpose: by the newest line, and the tenant's policy. */
export const ConsentStanding = z.object({
  contactId: z.uuid(),
  purpose: Purpose,
  /** `null`: nothing was ever said. */
  status: ConsentStatus.nullable(),
  source: z.string().nullable(),
  at: z.iso.datetime().nullable(),
  maySend: z.boolean(),
})
export type ConsentStanding = z.infer<typeof ConsentStanding>
