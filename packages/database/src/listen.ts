import { backoffMs } from '@carteiro/runtime/backoff'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import pg from 'pg'

/** The connection that listens. */
export type ListeningClient = pg.Client

export interface ListenOptions {
  url: string
  name: string
  logger: Logger
  signal: AbortSignal
  /** Called for each notification. */
  onNotification: (channel: string, payload: string) => void
  /** Called whenever listening (re)starts: what was notified meanwhile is unknown, so look everywhere once. */
  onListening: (client: ListeningClient) => void
}

const RECONNECT = { firstMs: 50, maxMs: 1_000 }

/**
 * LISTENs on a connection of its own until the signal aborts, and reconnects within a second of the server's
 * return (pg-boss's own listener may take 17 s). A notification is only a hint; the tables hold the truth.
 */
export async function listen(channels: string[], options: ListenOptions): Promise<void> {
  for (let failures = 0; !options.signal.aborted; ) {
    const outcome = await listenOnce(channels, options)
    failures = outcome === 'had-listened' ? 1 : failures + 1
    await pause(backoffMs(failures, RECONNECT), options.signal)
  }
}

async function listenOnce(channels: string[], options: ListenOptions): Promise<'had-listened' | 'failed'> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: `${options.name} listen`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  })
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<void>()
  client.on('error', () => onEnd())
  client.on('end', () => onEnd())
  const onAbort = () => onEnd()
  options.signal.addEventListener('abort', onAbort, { once: true })
  client.on('notification', ({ channel, payload }) => options.onNotification(channel, payload ?? ''))
  try {
    await client.connect()
    for (const channel of channels) await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    options.onListening(client)
    await ended
    if (!options.signal.aborted) options.logger.warn('listening connection lost, connecting again')
    return 'had-listened'
  } catch (error) {
    options.logger.warn({ err: error instanceof Error ? error.message : error }, 'cannot listen yet')
    return 'failed'
  } finally {
    options.signal.removeEventListener('abort', onAbort)
    await client.end().catch(() => undefined)
  }
}
