import { createHash } from 'node:crypto'

/** A number from 0 up to 1 that the seed and the label alone decide, so that a run can be repeated. */
export function chance(seed: number, label: string): number {
  return createHash('sha256').update(`${seed}/${label}`).digest().readUInt32BE(0) / 2 ** 32
}

/** The items in an order that the seed alone decides. */
export function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  return items
    .map((item, index) => ({ item, rank: chance(seed, String(index)) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item)
}
