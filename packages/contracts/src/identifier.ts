import { z } from 'zod'
import { StorableText } from './storable-text.ts'

/** Tenants and instances are named by people: lower case, digits, `-` and `_`, 1 to 64 characters. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, - or _')

/** Everything else is a UUIDv7 that we make. */
export const Id = z.uuid()

/** Chosen by a caller, so that repeating a request changes nothing. */
export const IdempotencyKey = StorableText.trim().min(1).max(200)
