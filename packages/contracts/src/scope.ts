import { z } from 'zod'

/** What an API key may do. `admin` may do everything within its tenant. */
export const SCOPES = ['read', 'send', 'webhook', 'gateway', 'admin'] as const
export const Scope = z.enum(SCOPES)
export type Scope = z.infer<typeof Scope>
