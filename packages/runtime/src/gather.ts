export interface GatherOptions {
  /** More wait for the next run. */
  maxItems: number
  /**
   * Where the last run had several items, the next one begins so much later, that it has several, too. After a run for
   * one alone the next one begins at once.
   */
  companyMs?: number
}

/**
 * Lets calls share their trips: while one run is under way, what is asked meanwhile goes together into the next one. A run
 * that fails is done again for each of its items alone, so that one that cannot be done fails no other.
 *
 * @param run gives one result for each item, in their order; may be called again with the same items
 */
export function gather<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  { maxItems, companyMs = 0 }: GatherOptions,
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item
    resolve: (result: Result) => void
    reject: (error: unknown) => void
  }
  const waiting: Waiting[] = []
  let isRunning = false
  let hadCompany = false

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      if (hadCompany && companyMs > 0) await new Promise((resolve) => setTimeout(resolve, companyMs))
      const batch = waiting.splice(0, maxItems)
      hadCompany = batch.length > 1
      await settle(batch)
    }
    isRunning = false
  }

  async function settle(batch: Waiting[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new Error('a gathered run gives one result for each item')
      for (const [index, result] of results.entries()) batch[index]?.resolve(result)
    } catch (error) {
      const [only, ...others] = batch
      if (others.length === 0) only?.reject(error)
      else for (const one of batch) await settle([one])
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isRunning) void runAll()
    })
}
