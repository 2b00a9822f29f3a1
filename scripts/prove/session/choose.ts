/** Names, and how often each is chosen beside the others. */
export type Shares<Name> = readonly (readonly [Name, number])[]

/** @param chosen from 0 up to 1 */
export function pick<Item>(items: readonly Item[], chosen: number): Item {
  const item = items[Math.floor(chosen * items.length)]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}

/** One of the names, each as often as its share says. */
export function pickShare<Name>(shares: Shares<Name>, chosen: number): Name {
  return pick(
    shares.flatMap(([name, share]) => Array.from({ length: share }, () => name)),
    chosen,
  )
}

/** Whole messages for each of several, none left over. */
export function shareOf(total: number, among: number, place: number): number {
  return Math.floor(total / among) + (place < total % among ? 1 : 0)
}
