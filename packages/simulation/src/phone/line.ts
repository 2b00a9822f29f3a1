/** One thing after the other. */
export type Line = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A line in which each work waits for the one before, however that ended. */
export function createLine(): Line {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}
