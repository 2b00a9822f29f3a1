import { INBOUND_SHARDS, inboundQueue } from '@carteiro/queue/jobs'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Dependencies } from '../../dependencies.ts'
import { keepTidy } from './keep-tidy.ts'
import { type InboundDependencies, processBatch } from './process-batch.ts'

/** Shards worked on at once by one process: more only wait for the same two cores. */
const CONCURRENCY = 2
const POLL_MS = 1_000
const AFTER_ERROR_MS = 250

export interface InboundConsumer {
  /** A job landed in this queue. */
  wake(queueName: string): void
  wakeAll(): void
}

/** Works on the inbound shards as they are woken; a poll each second is the net below the notifications. */
export function consumeInbound(
  dependencies: InboundDependencies & Pick<Dependencies, 'lifecycle' | 'logger'>,
): InboundConsumer {
  const { lifecycle, logger } = dependencies
  const names = new Map(Array.from({ length: INBOUND_SHARDS }, (_, shard) => [inboundQueue(shard), shard]))
  keepTidy(dependencies)
  const woken = new Set<number>()
  const runners = new Set<Promise<void>>()

  const wakeShard = (shard: number) => {
    if (lifecycle.signal.aborted) return
    woken.add(shard)
    if (runners.size >= CONCURRENCY) return
    const runner = run().finally(() => runners.delete(runner))
    runners.add(runner)
  }

  async function run(): Promise<void> {
    for (let shard = take(woken); shard !== undefined && !lifecycle.signal.aborted; shard = take(woken)) {
      try {
        if ((await processBatch(dependencies, shard)) === 'processed') woken.add(shard)
      } catch (error) {
        const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
        logger[level]({ err: error, shard }, 'inbound batch rolled back, trying again')
        await pause(AFTER_ERROR_MS, lifecycle.signal)
        woken.add(shard)
      }
    }
  }

  const wakeAll = () => {
    for (const shard of names.values()) wakeShard(shard)
  }
  const poll = setInterval(wakeAll, POLL_MS)
  lifecycle.onStop('inbound', async () => {
    clearInterval(poll)
    await Promise.all(runners)
  })
  return {
    wake: (queueName) => {
      const shard = names.get(queueName)
      if (shard !== undefined) wakeShard(shard)
    },
    wakeAll,
  }
}

function take(shards: Set<number>): number | undefined {
  const [first] = shards
  if (first !== undefined) shards.delete(first)
  return first
}
