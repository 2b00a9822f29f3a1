import { backoffMs } from '@carteiro/runtime/backoff'
import { pause } from '@carteiro/runtime/lifecycle'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type GatewayClient, GatewayRefusal } from './gateway-client.ts'
import { type OfferedMessage, readOffered } from './offered-message.ts'
import type { PulledMessages } from './pulled-messages.ts'
import type { PullReport } from './report.ts'
import type { GatewayVariables } from './settings.ts'

export interface FollowOptions {
  client: GatewayClient
  messages: PulledMessages
  report: PullReport
  config: Pick<
    GatewayVariables,
    'HEARTBEAT_TIMEOUT_MS' | 'HEARTBEAT_CHECK_INTERVAL_MS' | 'INITIAL_RETRY_DELAY_MS' | 'MAX_RETRY_DELAY_MS'
  >
  /** The instances of this broker. */
  instances: () => Promise<string[]>
  /** A message was written down. */
  onReceived: () => void
  signal: AbortSignal
}

/** An instance that the gateway refuses is left out for so long: the others must not wait for it. */
const LEFT_OUT_MS = 60_000
const REFUSED_INSTANCE = ['INSTANCE_NOT_FOUND', 'INSTANCE_NOT_PULLED']

/**
 * Reads the stream of messages until the signal aborts, and writes each down before it reads on. A stream that falls
 * silent (no heartbeat for HEARTBEAT_TIMEOUT_MS) is given up and opened again after the last event that is committed;
 * so is one whose instances are others by now.
 */
export async function followGateway(options: FollowOptions): Promise<void> {
  const { config, report, signal } = options
  const leftOut = new Map<string, number>()
  for (let failures = 0; !signal.aborted; ) {
    try {
      failures = (await followOnce(options, leftOut)) ? 1 : failures + 1
    } catch (error) {
      if (signal.aborted) return
      failures++
      await afterFailure(options, leftOut, error)
      report.ended(error)
    }
    const wait = { firstMs: config.INITIAL_RETRY_DELAY_MS, maxMs: config.MAX_RETRY_DELAY_MS }
    await pause(backoffMs(failures, wait), signal)
  }
}

/** @returns whether the gateway was heard */
async function followOnce(options: FollowOptions, leftOut: Map<string, number>): Promise<boolean> {
  const { client, messages, report, signal } = options
  const instanceIds = await namesOf(options, leftOut)
  if (instanceIds.length === 0) return false
  const lastEventId = await messages.lastEventId()
  const ending = new AbortController()
  const watch = keepWatch(options, { instanceIds, leftOut, ending })
  try {
    const signals = AbortSignal.any([signal, ending.signal])
    const body = await client.open({ instanceIds, lastEventId, signal: signals })
    report.connected(lastEventId, instanceIds)
    const events: EventSourceMessage[] = []
    const parser = createParser({ onEvent: (event) => void events.push(event) })
    for await (const chunk of body.setEncoding('utf8')) {
      parser.feed(String(chunk))
      for (const event of events.splice(0)) {
        watch.heard()
        await take(options, event)
      }
    }
    return true
  } finally {
    watch.stop()
  }
}

async function namesOf({ instances }: FollowOptions, leftOut: Map<string, number>): Promise<string[]> {
  const now = performance.now()
  return (await instances()).filter((id) => (leftOut.get(id) ?? 0) <= now).toSorted()
}

/** Silence, and instances that changed, end a stream. */
function keepWatch(
  options: FollowOptions,
  {
    instanceIds,
    leftOut,
    ending,
  }: { instanceIds: string[]; leftOut: Map<string, number>; ending: AbortController },
) {
  const { HEARTBEAT_TIMEOUT_MS: timeoutMs, HEARTBEAT_CHECK_INTERVAL_MS: everyMs } = options.config
  let heardAt = performance.now()
  const check = async () => {
    if (performance.now() - heardAt > timeoutMs) {
      return ending.abort(new Error(`no heartbeat for ${timeoutMs} ms`))
    }
    const names = await namesOf(options, leftOut)
    if (names.join() !== instanceIds.join()) ending.abort(new Error('the instances are others by now'))
  }
  const timer = setInterval(() => {
    check().catch((error) => options.report.roundFailed('look at the stream', error))
  }, everyMs)
  return {
    heard: () => {
      heardAt = performance.now()
    },
    stop: () => clearInterval(timer),
  }
}

async function take(options: FollowOptions, { event, id, data }: EventSourceMessage): Promise<void> {
  if (event !== 'message') return
  const { messages, report, signal, onReceived } = options
  const offered: OfferedMessage | undefined = readOffered(data, id)
  if (!offered) return report.unreadable(id)
  const isNew = await retryWhileDatabaseAway(() => messages.receive(offered), { signal })
  report.received(offered, isNew)
  onReceived()
}

async function afterFailure(
  { messages, report }: FollowOptions,
  leftOut: Map<string, number>,
  error: unknown,
): Promise<void> {
  if (!(error instanceof GatewayRefusal)) return
  const { code, instanceId, message } = error
  if (code === 'SEQ_NOT_REACHED') await messages.forgetCursor()
  if (instanceId === undefined || !REFUSED_INSTANCE.includes(code)) return
  leftOut.set(instanceId, performance.now() + LEFT_OUT_MS)
  report.instanceRefused(instanceId, message)
}
