/** Work for later, which ends with its owner. */
export interface Timers {
  /** @param afterMs 0: at once */
  schedule(afterMs: number, work: () => void): void
  close(): void
}

export function createTimers(): Timers {
  const pending = new Set<NodeJS.Timeout>()
  let closed = false
  return {
    schedule(afterMs, work) {
      if (closed) return
      if (afterMs <= 0) return work()
      const timer = setTimeout(() => {
        pending.delete(timer)
        work()
      }, afterMs)
      pending.add(timer)
    },
    close() {
      closed = true
      for (const timer of pending) clearTimeout(timer)
      pending.clear()
    },
  }
}
