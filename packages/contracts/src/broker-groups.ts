import { z } from 'zod'

/** A group that an instance is a member of. */
export const BrokerGroup = z.object({
  id: z.string(),
  subject: z.string(),
  /** Members. */
  size: z.number().int(),
  /** Whether the instance may change the group. */
  isAdmin: z.boolean(),
})
export type BrokerGroup = z.infer<typeof BrokerGroup>

/** `GET /instances/:id/groups` of the broker. */
export const BrokerGroups = z.object({ groups: z.array(BrokerGroup) })
