import type { Stack } from '../../stack/start-stack.ts'

/** Instances that are being linked at the same time. */
const AT_ONCE = 8

/** Links instances, each to a phone of its own, until there are so many; the stack's own is the first. */
export async function linkMore(stack: Stack, from: number, to: number): Promise<void> {
  let next = from
  const linkInTurn = async () => {
    for (let n = next++; n < to; n = next++) await stack.addInstance(`bench-${n}`, phone(n))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, linkInTurn))
}

const phone = (n: number): string => `551199020${String(n).padStart(4, '0')}`
