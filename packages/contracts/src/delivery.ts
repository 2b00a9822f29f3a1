import { z } from 'zod'

/** Where an outbound message stands. Drawn in docs/delivery-states.md; the database holds the same rules. */
export const DELIVERY_STATES = [
  'QUEUED',
  'SENDING',
  'SENT',
  'DELIVERED',
  'READ',
  'FAILED',
  'CANCELLED',
] as const
export const DeliveryState = z.enum(DELIVERY_STATES)
export type DeliveryState = z.infer<typeof DeliveryState>

/** The state machine, as data: from each state, the states that one act may lead to. */
export const DELIVERY_TRANSITIONS = {
  QUEUED: ['SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED'],
  SENDING: ['QUEUED', 'SENT', 'DELIVERED', 'READ', 'FAILED'],
  SENT: ['DELIVERED', 'READ', 'FAILED'],
  DELIVERED: ['READ'],
  READ: [],
  FAILED: ['QUEUED', 'SENT', 'DELIVERED', 'READ'],
  CANCELLED: [],
} as const satisfies Record<DeliveryState, readonly DeliveryState[]>

/** Whether one act may lead from one state to the other. */
export function mayBecome(from: DeliveryState, to: DeliveryState): boolean {
  return (DELIVERY_TRANSITIONS[from] as readonly DeliveryState[]).includes(to)
}

/** In these the delivery still holds its lane: nothing behind it may leave. */
export const OPEN_STATES = ['QUEUED', 'SENDING'] as const satisfies readonly DeliveryState[]

/**
 * Whose fault a failed attempt was; that alone decides what follows. `message`: never retried. `channel` and
 * `ours`: retried. `unknown`: it may have been sent. `waiting`: nothing failed, the channel is not there, and no
 * attempt is used.
 */
export const FAULTS = ['message', 'channel', 'ours', 'unknown', 'waiting'] as const
export type Fault = (typeof FAULTS)[number]
