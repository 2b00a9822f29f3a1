/** Runs acts of one key one after the other, in the order of the calls; other keys do not wait. */
export interface InOrder {
  run<Result>(key: string, act: () => Promise<Result>): Promise<Result>
}

export function createInOrder(): InOrder {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, act) {
      const before = tails.get(key) ?? Promise.resolve()
      const result = before.then(act)
      const tail = result
        .catch(() => undefined)
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key)
        })
      tails.set(key, tail)
      return result
    },
  }
}
