/** What came, in order, and a way to wait for more. */
export interface Arrivals<Item> {
  readonly items: Item[]
  /** Resolves when at least `count` came. */
  reached(count: number): Promise<Item[]>
}

export function createArrivals<Item>(): Arrivals<Item> & { add(item: Item): void } {
  const items: Item[] = []
  const waiting: { count: number; resolve: (items: Item[]) => void }[] = []
  return {
    items,
    add(item) {
      items.push(item)
      for (const waiter of waiting.filter(({ count }) => count <= items.length)) waiter.resolve([...items])
    },
    reached(count) {
      if (items.length >= count) return Promise.resolve([...items])
      return new Promise((resolve) => waiting.push({ count, resolve }))
    },
  }
}
