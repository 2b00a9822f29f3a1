import type { Connection } from '@carteiro/database/connect'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import type { Registry } from '@carteiro/runtime/metrics'
import { repeat } from '@carteiro/runtime/repeat'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { Courier, type PulledSend } from './courier.ts'
import { followGateway } from './follow-gateway.ts'
import { createGatewayClient } from './gateway-client.ts'
import { PulledMessages } from './pulled-messages.ts'
import { createPullReport } from './report.ts'
import type { GatewayVariables } from './settings.ts'
import { ackAgain, tellGateway } from './tell-gateway.ts'

export interface PullOptions {
  config: GatewayVariables & { GATEWAY_API_BASE_URL: string; GATEWAY_API_KEY: string }
  connection: Connection
  registry: Registry
  logger: Logger
  lifecycle: Lifecycle
  /** The instances of this broker. */
  instances: () => Promise<string[]>
  send: PulledSend
}

const ROUND_MS = 500
/** A claim that was acknowledged lasts for 120 s, unless the gateway is set otherwise; 30 at least. */
const ACK_AGAIN_SECONDS = 20
const ACK_ROUND_MS = 5_000
const DELETE_EVERY_MS = 60 * 60_000
/** A key that comes later is sent again, under the same WhatsApp id. */
const PROCESSED_DAYS = 7

/** Takes this broker's messages from the gateway of an API that cannot call it, and tells what becomes of them. */
export function startPulling({
  config,
  connection,
  registry,
  logger,
  lifecycle,
  instances,
  send,
}: PullOptions): void {
  const { signal } = lifecycle
  const report = createPullReport({ logger, registry })
  const client = createGatewayClient({ url: config.GATEWAY_API_BASE_URL, apiKey: config.GATEWAY_API_KEY })
  lifecycle.onStop('gateway client', () => client.close())
  const messages = new PulledMessages(connection.db, config.GATEWAY_API_BASE_URL)
  const needs = { client, messages, report, config }

  let telling: Promise<void> | undefined
  let again = false
  const tellAll = async () => {
    while (again) {
      again = false
      const hasMore = await tellGateway(needs)
      again ||= hasMore
    }
  }
  const tell = (): void => {
    again = true
    telling ??= tellAll()
      .catch((error) => report.roundFailed('tell the gateway', error))
      .finally(() => {
        telling = undefined
      })
  }
  lifecycle.onStop('reports to the gateway', async () => {
    await telling
    // What ended while the process stopped.
    await tellGateway(needs).catch((error) => report.roundFailed('tell the gateway', error))
  })
  const courier = new Courier({ ...needs, send, onOver: tell })
  lifecycle.onStop('couriers', () => courier.stop())

  const wake = () => {
    courier.wake()
    tell()
  }
  const chore = (name: string, everyMs: number, run: () => Promise<void> | void) => {
    const done = repeat(async () => run(), {
      everyMs,
      signal,
      onError: (error) => report.roundFailed(name, error),
    })
    lifecycle.onStop(name, () => done)
  }
  chore('look for messages that are due', ROUND_MS, wake)
  chore('acknowledge again', ACK_ROUND_MS, () => ackAgain(needs, ACK_AGAIN_SECONDS))
  chore('forget processed messages', DELETE_EVERY_MS, () => messages.deleteOld(PROCESSED_DAYS))

  const follow = async () => {
    await retryWhileDatabaseAway(() => messages.resume(), { signal })
    courier.wake()
    await followGateway({ ...needs, instances, onReceived: wake, signal })
  }
  const following = follow().catch((error) => report.roundFailed('follow the gateway', error))
  lifecycle.onStop('stream of messages', () => following)
}
