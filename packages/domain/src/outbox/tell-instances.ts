import type { UnitOfWork } from '../events/unit-of-work.ts'
import { type ChannelNews, recordChannelNews } from './circuit.ts'
import { markAway, pauseInstance } from './pace.ts'
import type { Settlement } from './settle.ts'

/** The channel is not there at all: what it would answer to one message it would answer to all. */
const AWAY_CODES: ReadonlySet<string> = new Set([
  'BROKER_UNREACHABLE',
  'GRAPH_UNREACHABLE',
  'DATABASE_UNAVAILABLE',
  'INSTANCE_NOT_CONNECTED',
  'INSTANCE_ELSEWHERE',
  'NOT_CONFIGURED',
  'RATE_LIMITED',
])

interface News extends ChannelNews {
  /** Whether any attempt found the channel away, and how long it asked to be left alone. */
  away: boolean
  pauseSeconds: number
}

/**
 * What attempts tell of their instances' channels: circuits open and close, and instances wait. Usually nothing: then
 * nothing is asked of the database.
 *
 * @param settled those that were recorded
 * @param awaySeconds how long an instance waits whose channel is not there
 */
export async function tellInstances(
  work: UnitOfWork,
  settled: Settlement[],
  awaySeconds: number,
): Promise<void> {
  const news = new Map<string, News>()
  for (const { delivery, outcome } of settled) {
    const { tenantId, instanceId, probe } = delivery
    const failed = outcome.status === 'failed' ? outcome : undefined
    if (!probe && !failed) continue
    const key = `${tenantId}/${instanceId}`
    const known = news.get(key) ?? {
      ...{ tenantId, instanceId, probed: false, failures: 0 },
      ...{ answered: false, away: false, pauseSeconds: 0 },
    }
    known.probed ||= probe
    if (failed?.fault === 'channel' || (probe && failed?.fault === 'unknown')) known.failures++
    if (probe && (!failed || failed.fault === 'message')) known.answered = true
    if (failed?.fault === 'waiting' && AWAY_CODES.has(failed.code)) known.away = true
    if (failed?.code === 'RATE_LIMITED')
      known.pauseSeconds = Math.max(known.pauseSeconds, failed.retryAfterSeconds ?? 0)
    news.set(key, known)
  }
  // In one order for all, as each locks rows of its instance.
  for (const [, one] of [...news].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (one.pauseSeconds > 0) await pauseInstance(work.transaction, one, one.pauseSeconds)
    if (one.away) await markAway(work.transaction, one, awaySeconds)
    await recordChannelNews(work, one)
  }
}
