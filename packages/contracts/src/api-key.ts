import { z } from 'zod'
import { SCOPES, Scope } from './scope.ts'
import { SingleLine } from './storable-text.ts'

const MAX_NAME_LENGTH = 200

/** What a key is made of; its secret is made by us. */
export const NewApiKey = z.strictObject({
  name: SingleLine.trim().min(1).max(MAX_NAME_LENGTH),
  scopes: z.array(Scope).min(1).max(SCOPES.length),
  /** Of the tenant's own users: the audit trail names it. */
  userId: SingleLine.trim().min(1).max(MAX_NAME_LENGTH).optional(),
  /** From then on it opens nothing; never, when it is left out. */
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .refine((at) => at.getTime() > Date.now(), 'must be in the future')
    .optional(),
})
export type NewApiKey = z.output<typeof NewApiKey>

/** A key as it is shown: never its secret. */
export const ApiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(Scope),
  userId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  /** To the minute. */
  lastUsedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})
export type ApiKey = z.output<typeof ApiKey>
