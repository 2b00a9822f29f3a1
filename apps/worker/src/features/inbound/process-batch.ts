import type { Envelope } from '@carteiro/contracts/envelope'
import { commit, type UnitOfWork } from '@carteiro/domain/events/unit-of-work'
import { enqueueDead } from '@carteiro/queue/enqueue'
import { fetchShard } from '@carteiro/queue/fetch-shard'
import { isDatabaseUnavailable, isRetriableConflict } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'
import { applyEnvelope } from './apply-envelope.ts'

export type InboundDependencies = Pick<Dependencies, 'db' | 'notifier' | 'queue' | 'report'>

const MAX_JOBS = 20

type Outcome = { envelope: Envelope; status: string } | { envelope: Envelope; error: unknown }

/**
 * Stores a shard's waiting envelopes, in order, in one transaction with the jobs' own fetch and completion: when it
 * rolls back or the process dies, the jobs are as they were and another worker goes on.
 *
 * @returns `busy` when another worker has the shard
 */
export async function processBatch(
  dependencies: InboundDependencies,
  shard: number,
): Promise<'processed' | 'empty' | 'busy'> {
  const outcomes = await commit(dependencies, async (work) => {
    const batch = await fetchShard(dependencies.queue, work.transaction, shard, MAX_JOBS)
    if (!batch) return 'busy'
    const applied: Outcome[] = []
    for (const envelope of batch.jobs.flatMap((job) => job.envelopes)) {
      applied.push(await applyOrSetAside(dependencies, work, envelope))
    }
    await batch.complete()
    return applied
  })
  if (outcomes === 'busy') return 'busy'
  for (const outcome of outcomes) tell(dependencies, outcome)
  return outcomes.length > 0 ? 'processed' : 'empty'
}

/** A poison envelope is set aside and its chat goes on; a fault of the database is everybody's and rolls back. */
async function applyOrSetAside(
  { queue }: InboundDependencies,
  work: UnitOfWork,
  envelope: Envelope,
): Promise<Outcome> {
  try {
    return { envelope, status: await work.part(() => applyEnvelope(queue, work, envelope)) }
  } catch (error) {
    if (isDatabaseUnavailable(error) || isRetriableConflict(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    await enqueueDead(queue, work.transaction, { envelope, error: message, at: new Date().toISOString() })
    return { envelope, error }
  }
}

function tell({ report }: InboundDependencies, outcome: Outcome): void {
  if ('error' in outcome) report.inboundSetAside(outcome.envelope, outcome.error)
  else report.inboundApplied(outcome.envelope, outcome.status)
}
