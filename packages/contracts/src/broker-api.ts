import { z } from 'zod'
import { ConnectionStatus } from './broker-event.ts'
import { Slug } from './identifier.ts'

/** `POST /instances` of the broker. */
export const CreateBrokerInstance = z.object({
  id: Slug.optional(),
  name: z.string().min(1).max(200),
  tenantId: Slug,
  webhookUrl: z.url().optional(),
})
export type CreateBrokerInstance = z.infer<typeof CreateBrokerInstance>

/** An instance as the broker tells of it. */
export const BrokerInstance = z.object({
  id: Slug,
  name: z.string(),
  tenantId: Slug,
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  qrAvailable: z.boolean(),
  lastError: z.string().nullable(),
})
export type BrokerInstance = z.infer<typeof BrokerInstance>
