import type { CrashRig } from '../../../apps/broker/src/test-crash-rig.ts'
import { chance } from '../outbox/chance.ts'

export const FRIENDS = Array.from({ length: 6 }, (_, n) => `551198100000${n}`)

/**
 * What people write while the broker dies once, one to four of them at once: friends, who write all the time, and
 * strangers, whose first message brings more; to the account, to the friends' group and to groups that are new.
 *
 * @returns what was written
 */
export async function writeRound(
  rig: CrashRig,
  friendsGroup: string,
  { seed, round }: { seed: number; round: number },
): Promise<{ id: string }[]> {
  const dice = (label: string) => chance(seed, `${round} ${label}`)
  const writers = 1 + Math.floor(dice('writers') * 4)
  return await Promise.all(
    Array.from({ length: writers }, async (_, n) => {
      const isStranger = dice(`who ${n}`) < 0.4
      const isInGroup = dice(`where ${n}`) < 0.4
      const phone = isStranger ? stranger(round, n) : friend(dice(`friend ${n}`))
      const group = isStranger && isInGroup ? await rig.group(phone, []) : friendsGroup
      const id = `3AC${round}N${n}`
      return await rig.phone(phone).write(isInGroup ? group : rig.account, { type: 'text', text: id }, { id })
    }),
  )
}

const stranger = (round: number, n: number): string => `55119820${String(round * 4 + n).padStart(5, '0')}`

const friend = (dice: number): string => FRIENDS[Math.floor(dice * FRIENDS.length)] ?? ''
