import type { Logger } from './logger.ts'

type Stop = () => Promise<void> | void

/** How a process ends: what was started is stopped in reverse order, on one signal, inside a deadline. */
export interface Lifecycle {
  /** Aborted when stopping begins. Loops and waits listen to it. */
  readonly signal: AbortSignal
  /** Registers what must be stopped. Last registered, first stopped. */
  onStop(name: string, stop: Stop): void
  /** Stops everything; a second call waits for the first. */
  stop(): Promise<void>
}

/**
 * @param deadlineMs how long all the stops together may take; past it the rest is abandoned and named in the log
 */
export function createLifecycle(logger: Logger, deadlineMs = 25_000): Lifecycle {
  const controller = new AbortController()
  const stops: { name: string; stop: Stop }[] = []
  let stopping: Promise<void> | undefined

  async function stopAll(): Promise<void> {
    controller.abort()
    const deadline = Date.now() + deadlineMs
    for (const { name, stop } of stops.toReversed()) {
      await stopOne(name, stop, deadline - Date.now(), logger)
    }
  }

  return {
    signal: controller.signal,
    onStop: (name, stop) => void stops.push({ name, stop }),
    stop: () => {
      stopping ??= stopAll()
      return stopping
    },
  }
}

async function stopOne(name: string, stop: Stop, budgetMs: number, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, budgetMs))
  })
  try {
    const outcome = await Promise.race([Promise.resolve(stop()), timeout])
    if (outcome === 'late') logger.error({ part: name }, 'not stopped inside the deadline, abandoned')
  } catch (error) {
    logger.error({ part: name, err: error }, 'stopping failed')
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Waits for `ms`, or less when the signal aborts.
 *
 * @returns `false` when it was cut short by the signal
 */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const onAbort = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve(true)
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
