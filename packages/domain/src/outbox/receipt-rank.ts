import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { Receipt } from './receipts.ts'

const RANKS = { SENT: 1, DELIVERED: 2, READ: 3 } as const
export type PositiveState = keyof typeof RANKS

/**
 * Where a receipt leads. What one member of a group received or read says only that it left: all of them must have
 * before the message has. A member's failure says nothing of the others.
 */
export function targetOf({ status, participant }: Receipt): PositiveState | 'FAILED' | undefined {
  if (participant === '') return status
  return status === 'FAILED' ? undefined : 'SENT'
}

/** The states from which a positive receipt leads forward to this one, FAILED aside. */
export function statesBelow(target: PositiveState): DeliveryState[] {
  const below = (['SENT', 'DELIVERED'] as const).filter((state) => RANKS[state] < RANKS[target])
  return ['QUEUED', 'SENDING', ...below]
}
