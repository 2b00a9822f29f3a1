import { z } from 'zod'
import { StorableText } from './storable-text.ts'

/** What Meta's Cloud API is told: how much was queued, and what could not be taken, by its path in the body. */
export const CloudWebhookAnswer = z.union([
  z.object({
    success: z.literal(true),
    queued: z.number().int(),
    rejected: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
  z.object({ success: z.literal(true), message: z.string() }),
])
export type CloudWebhookAnswer = z.infer<typeof CloudWebhookAnswer>

/** `PUT /api/integrations/whatsapp/instances/:id/cloud`: what Meta's dashboard shows of the app and its number. */
export const ConnectCloudBody = z
  .object({
    /** Makes the instance when it is not there. */
    name: StorableText.trim().min(1).max(200).optional(),
    phoneNumberId: z.string().regex(/^[0-9]{1,32}$/, 'must be the number\u2019s id: digits alone'),
    appSecret: z.string().min(16, 'must have 16 characters or more').max(200),
    verifyToken: z.string().min(16, 'must have 16 characters or more').max(200),
    /** Fetches media. Left out, the one before stays. */
    accessToken: z
      .string()
      .max(1000)
      .regex(/^[\x21-\x7e]{16,}$/, 'must be 16 characters or more, without spaces')
      .optional(),
    /** `false` ends the validity of the secret before at once. */
    keepFormerSecret: z.boolean().default(true),
  })
  .strict()
