import { parseArgs } from 'node:util'
import { startQueue } from '@carteiro/queue/queue'
import { byAdapter } from './gateway/by-adapter.ts'
import { byWorker, measureWay } from './outbox/dispatch-ways.ts'
import { INSTANCE, startDatabase } from './outbox/start-database.ts'
import { percentiles } from './roundtrip/latencies.ts'

/**
 * How soon a message that was accepted is with an adapter of the gateway: from its commit to the adapter's having read
 * it, at a steady rate. Beside it the same with a worker that calls a broker, in the same run.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '1000' }, rate: { type: 'string', default: '50' } },
  })
  const pace = { count: Number(values.count), perSecond: Number(values.rate) }
  console.log('starting PostgreSQL, the worker and the API ...')
  const database = await startDatabase()
  const queue = await startQueue({ ...database, role: 'producer' })
  const use = (delivery: 'push' | 'pull') =>
    database.db.updateTable('instance').set({ delivery }).where('id', '=', INSTANCE).execute()
  try {
    const warm = { ...pace, count: Math.min(pace.count, 100) }
    await measureWay({ ...database, queue }, byWorker, warm)
    const push = await measureWay({ ...database, queue }, byWorker, pace)
    await use('pull')
    await measureWay({ ...database, queue }, byAdapter, warm)
    const pull = await measureWay({ ...database, queue }, byAdapter, pace)
    report(percentiles(pull), percentiles(push), pace.perSecond)
    return 0
  } finally {
    await queue.stop()
    await database.stop()
  }
}

type Percentiles = ReturnType<typeof percentiles>

function report(pull: Percentiles, push: Percentiles, perSecond: number): void {
  console.table({ gateway: pull, push })
  console.log(
    `BENCH ${JSON.stringify({
      name: 'gateway',
      unit: 'ms (p95 from commit to the adapter)',
      ours: pull.p95,
      baselines: { push: push.p95 },
      ratios: { push: Math.round((pull.p95 / push.p95) * 1_000) / 1_000 },
      latencyMs: pull,
      notes: `${perSecond} messages a second; each is acknowledged and confirmed`,
    })}`,
  )
}
