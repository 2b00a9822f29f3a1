import { OUTBOUND_QUEUE, OutboundNudge } from '@carteiro/queue/jobs'
import type { Dependencies } from '../../dependencies.ts'
import { createChannel } from './create-channel.ts'
import { createDispatcher } from './dispatch.ts'
import { measureBacklog } from './measure-backlog.ts'
import { keepSweeping } from './sweep.ts'

export interface OutboundConsumer {
  wake(queueName: string): void
  wakeAll(): void
}

const NUDGE_BATCH = 100

/**
 * Sends what the outbox holds: nudges wake an instance's dispatcher, its own timer wakes it for retries, and a sweep
 * finds what both have missed.
 */
export async function consumeOutbound(dependencies: Dependencies): Promise<OutboundConsumer> {
  const { lifecycle, queue } = dependencies
  measureBacklog(dependencies)
  const dispatcher = createDispatcher({ ...dependencies, send: createChannel(dependencies) })
  lifecycle.onStop('outbound dispatcher', dispatcher.stop)
  const sweep = keepSweeping({ ...dependencies, dispatcher })

  const workerId = await queue.boss.work<OutboundNudge>(
    OUTBOUND_QUEUE,
    {
      batchSize: NUDGE_BATCH,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 2,
      // Behind thousands of nudges of one instance stands another one's first.
      burstWhenBatchFull: true,
    },
    async (jobs) => {
      for (const { data } of jobs) dispatcher.wake(OutboundNudge.parse(data))
    },
  )
  lifecycle.onStop('outbound nudges', () => queue.boss.offWork(OUTBOUND_QUEUE))

  return {
    wake: (queueName) => {
      if (queueName === OUTBOUND_QUEUE) queue.boss.notifyWorker(workerId)
    },
    wakeAll: sweep.now,
  }
}
