import { baseEnvironment } from './base-environment.ts'
import type { ProcessGroup } from './process-group.ts'
import { chooseServerFolders } from './server-folders.ts'
import type { SupervisedProcess } from './supervise.ts'

/** What the child `scripts/postgres.ts` is told. */
export interface PostgresOptions {
  /** The cluster is in its folder `cluster`. */
  dataDirectory: string
  port: number
  /** Made unless they are there. */
  databases: string[]
  /** `-c` settings of the server, such as `fsync=off` for tests. */
  settings: Record<string, string>
}

export interface PostgresProcess {
  process: SupervisedProcess
  /** `postgres://...` of the named database. */
  url(database: string): string
}

/**
 * Starts the embedded PostgreSQL in a process of its own. It has to be one: the package stops its servers at once
 * on the first signal, and here PostgreSQL is the last to stop.
 *
 * @returns when it accepts connections; it is restarted when it dies
 * @throws Error with the log's last lines when it does not start, or when root has data where the server cannot go
 */
export async function startPostgres(group: ProcessGroup, options: PostgresOptions): Promise<PostgresProcess> {
  const folders = chooseServerFolders(options.dataDirectory, group.tell)
  const supervised = await group.start({
    name: 'postgres',
    command: ['scripts/postgres.ts', JSON.stringify({ ...options, ...folders })],
    env: baseEnvironment(),
    isReady: saysReady,
    // A first start makes the cluster, which takes a slow disk a while.
    readyDeadlineMs: 90_000,
    // Past it the server would be left running without its keeper.
    stopDeadlineMs: 120_000,
  })
  return {
    process: supervised,
    url: (database) => `postgres://carteiro:carteiro@127.0.0.1:${options.port}/${database}`,
  }
}

function saysReady({ events }: SupervisedProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      events.off('message', onMessage)
      resolve()
    }
    const onMessage = (message: unknown) => {
      if (isReadyMessage(message)) over()
    }
    events.on('message', onMessage)
    signal.addEventListener('abort', over, { once: true })
  })
}

const isReadyMessage = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
