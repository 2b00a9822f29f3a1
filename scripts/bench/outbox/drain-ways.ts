import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { claim } from '@carteiro/domain/outbox/claim'
import { DEFAULT_RETRY_POLICY } from '@carteiro/domain/outbox/retry-policy'
import { type AttemptTaken, settle } from '@carteiro/domain/outbox/settle'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createDispatcher } from '../../../apps/worker/src/features/outbound/dispatch.ts'
import { createReport } from '../../../apps/worker/src/report.ts'
import { type BenchDatabase, INSTANCE, TENANT } from './start-database.ts'

/** Messages that are on their way at once, both ways. */
export const CONCURRENCY = 100
const CLAIM_SECONDS = 120
const EMPTY_MS = 5

/** The channel answers at once: what is left is the outbox. */
const answer = (): AttemptTaken => ({
  status: 'sent',
  providerMessageId: `3EB0${randomUUID()}`,
  response: {},
})

type Drained = Omit<BenchDatabase, 'stop'>

export const dependenciesOf = ({ db, notifier, logger }: Drained) => ({
  ...{ db, notifier, logger },
  retryPolicy: DEFAULT_RETRY_POLICY,
})

/**
 * The worker's own dispatcher.
 *
 * @returns seconds until `count` messages were SENT
 * @throws when one is anything else: a message that was skipped is not fast
 */
export async function drainOurs(database: Drained, count: number): Promise<number> {
  const lifecycle = createLifecycle(database.logger)
  const { promise: drained, resolve, reject } = Promise.withResolvers<void>()
  let left = count
  const report = createReport(createRegistry(), database.logger)
  const dispatcher = createDispatcher({
    ...dependenciesOf(database),
    lifecycle,
    config: { OUTBOX_BATCH_SIZE: CONCURRENCY, OUTBOX_CLAIM_SECONDS: CLAIM_SECONDS },
    send: async () => answer(),
    report: {
      ...report,
      attempted: (...attempt) => {
        report.attempted(...attempt)
        const [, , { status }] = attempt
        if (status !== 'SENT') reject(new Error(`a message is ${status}`))
        left--
        if (left === 0) resolve()
      },
    },
  })
  lifecycle.onStop('dispatcher', dispatcher.stop)
  const startedAt = performance.now()
  dispatcher.wake({ tenantId: TENANT, instanceId: INSTANCE })
  await drained
  const seconds = (performance.now() - startedAt) / 1_000
  await lifecycle.stop()
  return seconds
}

/** The plain way: each of as many loops claims one message, sends it, settles it, until all are SENT. */
export async function drainPlain(database: Drained, count: number): Promise<number> {
  const dependencies = dependenciesOf(database)
  let left = count
  const startedAt = performance.now()
  const loop = async () => {
    while (left > 0) {
      const [delivery] = await claim(dependencies, {
        tenantId: TENANT,
        instanceId: INSTANCE,
        limit: 1,
        claimSeconds: CLAIM_SECONDS,
      })
      // The others hold all lanes that are ready.
      if (!delivery) await sleep(EMPTY_MS)
      else if ((await settle(dependencies, delivery, answer())).status === 'SENT') left--
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, loop))
  return (performance.now() - startedAt) / 1_000
}
