import { parseArgs } from 'node:util'
import { startQueue } from '@carteiro/queue/queue'
import { byPolling, byWorker, measureWay } from './outbox/dispatch-ways.ts'
import { startDatabase } from './outbox/start-database.ts'
import { percentiles } from './roundtrip/latencies.ts'

/**
 * How soon a message that was accepted is with the channel: from its commit to the worker's call, at a steady rate.
 * Beside it a worker that looks every 0.5 s, in the same run.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '1000' }, rate: { type: 'string', default: '50' } },
  })
  const perSecond = Number(values.rate)
  console.log('starting PostgreSQL and the worker ...')
  const database = await startDatabase()
  const queue = await startQueue({ ...database, role: 'producer' })
  try {
    // Connections, plans and code are warm then.
    await measureWay({ ...database, queue }, byWorker, { count: 100, perSecond })
    const ours = await measureWay({ ...database, queue }, byWorker, {
      count: Number(values.count),
      perSecond,
    })
    const polling = await measureWay({ ...database, queue }, byPolling, {
      count: Math.min(Number(values.count), 500),
      perSecond,
    })
    report(percentiles(ours), percentiles(polling), perSecond)
    return 0
  } finally {
    await queue.stop()
    await database.stop()
  }
}

type Percentiles = ReturnType<typeof percentiles>

function report(ours: Percentiles, polling: Percentiles, perSecond: number): void {
  console.table({ ours, 'polling every 0.5 s': polling })
  console.log(
    `BENCH ${JSON.stringify({
      name: 'dispatch',
      unit: 'ms (p95 from commit to the channel)',
      ours: ours.p95,
      baselines: { polling: polling.p95 },
      ratios: { polling: Math.round((ours.p95 / polling.p95) * 1_000) / 1_000 },
      latencyMs: ours,
      notes: `${perSecond} messages a second, accepted and sent in one process`,
    })}`,
  )
}
