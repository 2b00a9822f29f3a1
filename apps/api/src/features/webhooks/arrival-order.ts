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
  let places = 0
  /** The place whose turn it is. */
  let turn = 0
  const waiting = new Map<number, () => void>()
  /** Places that were left before their turn. */
  const left = new Set<number>()

  function endTurn(): void {
    do turn++
    while (left.delete(turn))
    waiting.get(turn)?.()
    waiting.delete(turn)
  }

  return async (prepare, enter) => {
    const place = places++
    const prepared = await prepare().catch((error: unknown) => {
      if (place === turn) endTurn()
      else left.add(place)
      throw error
    })
    if (place !== turn) await new Promise<void>((resolve) => waiting.set(place, resolve))
    let entered: ReturnType<typeof enter>
    try {
      entered = enter(prepared)
    } finally {
      endTurn()
    }
    return { prepared, entered: await entered }
  }
}
