import { ConfigurationError } from '@carteiro/runtime/config'
import { listen } from '@carteiro/runtime/http-server'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { repeat } from '@carteiro/runtime/repeat'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { createDependencies, type Dependencies } from './dependencies.ts'
import { deleteSettledOpened } from './features/commit/opened-messages.ts'
import { deleteOldAnswers } from './features/exists/recipient-rows.ts'
import type { LeaseTimes } from './features/leases/lease-times.ts'
import { deleteSettled } from './features/receiving/waiting-rows.ts'
import { missingSealKeys } from './features/session/reseal-session.ts'
import { silenceLibsignal } from './features/session/silence-libsignal.ts'
import { trustRoot } from './features/session/trust-root.ts'
import { countRequestsUnderWay } from './plugins/requests-under-way.ts'
import { pullMessages } from './pull-messages.ts'

export interface StartContext {
  config: Config
  logger: Logger
  lifecycle: Lifecycle
  /** Shorter ones for tests. */
  leaseTimes?: LeaseTimes
}

/** WhatsApp's acknowledgements and files are waited for so long when the process stops. */
const SEND_GRACE_MS = 2_500
/** What is still under way then waits for another broker, or for a database that is away. */
const ANSWER_GRACE_MS = 500
const SWEEP_EVERY_MS = 15_000
const DELETE_EVERY_MS = 60 * 60_000
/** A key that is repeated later is sent again, under the same WhatsApp id. */
const LEDGER_DAYS = 7

/**
 * Starts a broker: its parts, its chores, its door, then the sessions of its share of the wanted instances.
 *
 * @returns where it listens, `http://host:port`
 */
export async function startBroker(context: StartContext): Promise<Dependencies & { address: string }> {
  const { config, logger, lifecycle, leaseTimes } = context
  if (config.WHATSAPP_SIMULATOR_ROOT) trustRoot(config.WHATSAPP_SIMULATOR_ROOT)
  const dependencies = createDependencies(config, logger, lifecycle, leaseTimes)
  await requireSealKeys(dependencies)
  lifecycle.onStop('console', silenceLibsignal(dependencies.report.libsignalLine))
  startChores(dependencies, context)
  const address = await openDoor(dependencies, context)
  logger.info({ address }, 'broker listens')
  dependencies.startLeases(address)
  void publishWaiting(dependencies, lifecycle)
  pullMessages(dependencies, context)
  return { ...dependencies, address }
}

/** @throws ConfigurationError naming the keys that stored sessions need and that are not given */
async function requireSealKeys({ connection, seal, report }: Dependencies): Promise<void> {
  try {
    const missing = await missingSealKeys(connection.db, seal)
    if (missing.length === 0) return
    const message = `stored sessions are sealed under ${missing.join(', ')}: give these keys, too, behind the first`
    throw new ConfigurationError([{ variable: 'SESSION_ENCRYPTION_KEY', message }])
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    // A database that is away is waited for like everywhere; each session looks at its own keys.
    report.choreFailed('look for missing keys', error)
  }
}

async function openDoor(
  dependencies: Dependencies,
  { config, logger, lifecycle }: StartContext,
): Promise<string> {
  const server = createApp(dependencies, logger, config)
  const answered = countRequestsUnderWay(server)
  lifecycle.onStop('http server', () => server.close())
  lifecycle.onStop('sends and downloads', async () => {
    const { sender, media } = dependencies
    await Promise.all([sender.stop(SEND_GRACE_MS), media.stop(SEND_GRACE_MS)])
    await answered(ANSWER_GRACE_MS)
  })
  return await listen(server, config.HOST, config.BROKER_PORT)
}

function startChores(
  { publisher, report, ledger, connection }: Dependencies,
  { config, lifecycle }: StartContext,
): void {
  const { signal } = lifecycle
  const chore = (name: string, everyMs: number, run: () => Promise<void>) => {
    const done = repeat(run, { everyMs, signal, onError: (error) => report.choreFailed(name, error) })
    lifecycle.onStop(name, () => done)
  }
  chore('publish what waits', SWEEP_EVERY_MS, () => publisher.sweep())
  chore('delete what is old', DELETE_EVERY_MS, async () => {
    await deleteSettled(connection.db, { days: config.RETENTION_DAYS_JOURNAL, signal })
    await deleteSettledOpened(connection.db, { days: config.RETENTION_DAYS_JOURNAL, signal })
    await ledger.deleteOld(LEDGER_DAYS)
    await deleteOldAnswers(connection.db)
  })
}

/** What an earlier process could not publish is published at once. */
async function publishWaiting({ publisher, report }: Dependencies, { signal }: Lifecycle): Promise<void> {
  try {
    await retryWhileDatabaseAway(() => publisher.sweep(), { signal })
  } catch (error) {
    report.choreFailed('publish what waits', error)
  }
}
