/** Runs `prepare` at once and `enter` in turn. @returns what both gave */
export type InArrivalOrder = <Prepared, Entered>(
  prepare: () => Promise<Prepared>,
  enter: (prepared: Prepared) => Promise<Entered>,
) => Promise<{ prepared: Prepared; entered: Entered }>

/**
 * Requests are prepared side by side (who posts, whose is the instance: look-ups that end in any order), and enter
 * the queue in the order in which they came. Only the synchronous part of `enter` is waited for by the next one.
 */
export function createArrivalOrder(): InArrivalOrder {
  let last: Promise<void> = Promise.resolve()
  return async (prepare, enter) => {
    const before = last
    const { promise: entering, resolve: leave } = Promise.withResolvers<void>()
    last = before.then(() => entering)
    try {
      const prepared = await prepare()
      await before
      const entered = enter(prepared)
      leave()
      return { prepared, entered: await entered }
    } finally {
      leave()
    }
  }
}
