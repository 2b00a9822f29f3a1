import { type SupervisedProcess, type SuperviseOptions, supervise } from './supervise.ts'
import { waitForFirst } from './wait-for-first.ts'

export interface ProcessGroup {
  /** Where what happens is told. */
  tell: (sentence: string) => void
  /**
   * Starts one more process and waits until it is ready.
   *
   * @throws Error when it does not start, or when the group was told to stop; `stop` ends it all the same
   */
  start(options: Omit<SuperviseOptions, 'logsDirectory'>): Promise<SupervisedProcess>
  /** Stops the processes one by one, the last started first. A second call waits for the first. */
  stop(): Promise<void>
}

export interface ProcessGroupOptions {
  logsDirectory: string
  /** Told in a sentence when a process starts, dies, is started again, or stops. */
  tell: (sentence: string) => void
}

/** Processes that are started in order and stopped in reverse order. */
export function createProcessGroup({ logsDirectory, tell }: ProcessGroupOptions): ProcessGroup {
  const processes: SupervisedProcess[] = []
  const controller = new AbortController()
  let stopping: Promise<void> | undefined

  async function stopAll(): Promise<void> {
    controller.abort()
    for (const supervised of processes.toReversed()) {
      tell(`stopping ${supervised.name}`)
      await supervised.stop()
    }
  }

  return {
    tell,
    async start(options) {
      if (controller.signal.aborted)
        throw new Error(`${options.name} is not started: everything is stopping.`)
      tell(`starting ${options.name}`)
      const supervised = supervise({ ...options, logsDirectory })
      processes.push(supervised)
      await waitForFirst(supervised, options, controller.signal)
      tellOfDeaths(supervised, tell)
      return supervised
    },
    stop() {
      stopping ??= stopAll()
      return stopping
    },
  }
}

function tellOfDeaths({ name, logFile, events }: SupervisedProcess, tell: (sentence: string) => void): void {
  events.on('died', ({ code, signal, restartInMs }) => {
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
    tell(`${name} ${how}; it is started again in ${restartInMs / 1000} s (its log: ${logFile})`)
  })
  events.on('started', (pid) => tell(`${name} was started again (process ${pid})`))
}
