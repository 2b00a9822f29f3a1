import { hostname } from 'node:os'
import { connect } from '@carteiro/database/connect'
import { listen } from '@carteiro/database/listen'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import type { Config } from '../../config.ts'
import { createLeaseActs, LEASE_CHANNEL } from './lease-acts.ts'
import type { LeaseTimes } from './lease-times.ts'
import { Leases, type LeasesDependencies } from './leases.ts'
import { createLoneProcess } from './lone-process.ts'

export interface CreateLeasesOptions
  extends Pick<LeasesDependencies, 'sessions' | 'told' | 'onTaken' | 'report'> {
  config: Config
  brokerId: string
  logger: Logger
  lifecycle: Lifecycle
  times: LeaseTimes
}

export interface LeasesPart {
  leases: Leases
  /**
   * Takes part from now on.
   *
   * @param address where this process listens
   */
  start(address: string): void
  stop(): Promise<void>
}

/** One for the acts, one more while a first one hangs. */
const CONNECTIONS = 2
/** Shorter than between two renewals: a statement that hangs costs one of them. */
const STATEMENT_TIMEOUT_MS = 3_000

/** The leases, with connections of their own: a renewal never waits for the pool that everybody uses. */
export function createLeases(options: CreateLeasesOptions): LeasesPart {
  const { config, brokerId, logger, lifecycle, times, sessions, told, onTaken, report } = options
  const name = `carteiro broker ${brokerId} leases`
  const url = config.DATABASE_URL
  const connection = connect({
    ...{ url, logger, name },
    maxConnections: CONNECTIONS,
    queryTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  let address = config.BROKER_ADVERTISED_URL ?? null
  const lone = createLoneProcess(brokerId, { onProven: () => leases.wake(), onTwin: report.brokerTwin })
  const leases: Leases = new Leases({
    acts: createLeaseActs({ ...connection, holder: () => ({ id: brokerId, address }), ttlMs: times.ttl }),
    ...{ lone, sessions, told, onTaken, report, times },
    now: () => performance.now(),
    stopping: lifecycle.signal,
  })
  const listening = new AbortController()
  let listened = Promise.resolve()
  return {
    leases,
    start(listensAt) {
      address ??= reachable(config.HOST, listensAt)
      listened = listen([LEASE_CHANNEL], {
        ...{ url, name, logger, signal: listening.signal },
        onNotification: () => leases.wake(),
        onListening: (client) => {
          lone.listening(client)
          leases.wake()
        },
      })
      leases.start()
    },
    async stop() {
      try {
        await leases.stop()
      } finally {
        // Not before: this connection proves that no other process runs under the same id.
        listening.abort()
        await listened
        await connection.close()
      }
    },
  }
}

/** Where the other brokers find a process that listens here; one that listens everywhere is found by its host's name. */
function reachable(host: string, listensAt: string): string {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  return isEverywhere ? `http://${hostname()}:${new URL(listensAt).port}` : listensAt
}
