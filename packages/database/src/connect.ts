import type { Logger } from '@carteiro/runtime/logger'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>
export type DatabaseTransaction = Transaction<Tables>
/** Where a query may run: on the pool, or inside a transaction. */
export type Queryable = Database | DatabaseTransaction

export interface Connection {
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

export interface ConnectOptions {
  url: string
  logger: Logger
  /** Shown in pg_stat_activity. */
  name: string
  maxConnections?: number
  /** After which a statement without an answer has failed; without it, when the server or the network says so. */
  queryTimeoutMs?: number
}

/** int8 (positions, event numbers, counts) as number: none comes near 2^53. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
/** A date has no time zone: keep it as text. */
types.setTypeParser(pg.types.builtins.DATE, (text) => text)

/**
 * Opens the pool of one process. A pool survives restarts of PostgreSQL only when every client has an `error`
 * listener, idle or in use: without it one dropped socket ends the process.
 */
export function connect({
  url,
  logger,
  name,
  maxConnections = 10,
  queryTimeoutMs,
}: ConnectOptions): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    // An open transaction that does nothing keeps the hot event counters from being cleaned.
    idle_in_transaction_session_timeout: 15_000,
    statement_timeout: 30_000,
    keepAlive: true,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    types,
  })
  const onError = (error: Error) => logger.warn({ err: error.message }, 'database connection lost')
  pool.on('connect', (client) => client.on('error', onError))
  pool.on('error', onError)

  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  let closing: Promise<void> | undefined
  return {
    db,
    pool,
    close: () => {
      closing ??= db.destroy()
      return closing
    },
  }
}
