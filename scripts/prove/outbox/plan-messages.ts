import { chance } from './chance.ts'

/** What is done with a message besides sending it. */
export type Role = 'plain' | 'scheduled' | 'cancelled' | 'cancelled ahead' | 'expiring' | 'expiring, retried'

export interface PlannedMessage {
  phone: string
  /** Also its idempotency key: nothing else of the run has it. */
  text: string
  role: Role
  /** How far ahead its time or its end is, from when it is written. */
  aheadMs: number
  /** When it is written, as a share of the kills that were made: the load lasts as long as the kills. */
  dueAt: number
  /** The client does not trust the answer that it got, and asks once more. */
  doubted: boolean
}

/** Shares of the roles; what is left over is plain. */
const SHARES: readonly (readonly [Role, number])[] = [
  ['scheduled', 0.08],
  ['cancelled', 0.05],
  ['cancelled ahead', 0.05],
  ['expiring', 0.06],
  ['expiring, retried', 0.06],
]
const SCHEDULED_MS = { least: 1_500, most: 6_000 }
const EXPIRING_MS = { least: 300, most: 2_500 }
const DOUBTED = 0.1

export const recipientPhone = (index: number): string => `55119600${String(index).padStart(5, '0')}`

/** What each recipient is sent, in its order. The seed alone decides. */
export function planMessages(plan: {
  seed: number
  messages: number
  recipients: number
}): PlannedMessage[][] {
  const each = Math.ceil(plan.messages / plan.recipients)
  return Array.from({ length: plan.recipients }, (_, recipient) => {
    const phone = recipientPhone(recipient)
    return Array.from({ length: each }, (_, n) => planMessage(plan.seed, phone, n, each))
  })
}

function planMessage(seed: number, phone: string, n: number, each: number): PlannedMessage {
  const text = `prove-${seed}-${phone}-${n}`
  const role = roleOf(chance(seed, `${text} role`))
  const { least, most } = role.startsWith('expiring') ? EXPIRING_MS : SCHEDULED_MS
  return {
    phone,
    text,
    role,
    aheadMs: Math.round(least + chance(seed, `${text} ahead`) * (most - least)),
    dueAt: (n + chance(seed, `${text} due`)) / each,
    doubted: chance(seed, `${text} doubted`) < DOUBTED,
  }
}

function roleOf(dice: number): Role {
  let below = 0
  for (const [role, share] of SHARES) {
    below += share
    if (dice < below) return role
  }
  return 'plain'
}
