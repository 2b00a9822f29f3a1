/** What came, in order, and a way to wait for more. */
export interface Arrivals<Item> {
  readonly items: Item[]
  /** Resolves when at least `count` came. */
  reached(count: number): Promise<Item[]>
  /** Resolves when one of them is such. */
  until(isSuch: (item: Item) => boolean): Promise<Item[]>
}

export function createArrivals<Item>(): Arrivals<Item> & { add(item: Item): void } {
  const items: Item[] = []
  const waiting = new Set<() => void>()

  function wait(isEnough: () => boolean): Promise<Item[]> {
    const { promise, resolve } = Promise.withResolvers<Item[]>()
    const check = () => {
      if (!isEnough()) return
      waiting.delete(check)
      resolve([...items])
    }
    waiting.add(check)
    check()
    return promise
  }

  return {
    items,
    add(item) {
      items.push(item)
      for (const check of waiting) check()
    },
    reached: (count) => wait(() => items.length >= count),
    until: (isSuch) => wait(() => items.some(isSuch)),
  }
}
