import type { Envelope } from '@carteiro/contracts/envelope'
import { commit, type UnitOfWork } from '@carteiro/domain/events/unit-of-work'
import { enqueueAgain, enqueueDead } from '@carteiro/queue/enqueue'
import { fetchShard } from '@carteiro/queue/fetch-shard'
import { isDatabaseUnavailable, isRetriableConflict } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'
import { type Applied, applyEnvelope } from './apply-envelope.ts'

export type InboundDependencies = Pick<Dependencies, 'db' | 'notifier' | 'queue' | 'report'> & {
  config: Pick<Dependencies['config'], 'INBOUND_MAX_ATTEMPTS'>
}

const MAX_JOBS = 20
/** Waits before the second try, the third, ...: what is only out of order has come by then. */
const RETRY_SECONDS = [5, 30, 120, 600]

/** An envelope, and which try this is. */
interface Try {
  envelope: Envelope
  attempt: number
}

type Outcome =
  | (Try & { result: 'applied'; applied: Applied })
  | (Try & { result: 'retried' | 'set aside'; error: unknown })

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
    const tries = batch.jobs.flatMap(({ envelopes, attempt = 1 }) =>
      envelopes.map((envelope) => ({ envelope, attempt })),
    )
    for (const one of lockOrder(tries)) applied.push(await applyOrPutOff(dependencies, work, one))
    await batch.complete()
    return applied
  })
  if (outcomes === 'busy') return 'busy'
  for (const outcome of outcomes) tell(dependencies, outcome)
  return outcomes.length > 0 ? 'processed' : 'empty'
}

/**
 * Contacts, tickets and messages are locked before lanes and deliveries, everywhere. Receipts and connections, which
 * lock those, therefore come last; they have their own order and none with the messages.
 */
function lockOrder(tries: Try[]): Try[] {
  const locksLanes = ({ envelope: { kind } }: Try) => kind === 'status' || kind === 'connection'
  return [...tries.filter((one) => !locksLanes(one)), ...tries.filter(locksLanes)]
}

/**
 * A poison envelope is put off, and after its last try set aside; its chat goes on. A fault of the database is
 * everybody's and rolls back.
 */
async function applyOrPutOff(
  { config, queue }: InboundDependencies,
  work: UnitOfWork,
  { envelope, attempt }: Try,
): Promise<Outcome> {
  try {
    const applied = await work.part(() => applyEnvelope(queue, work, envelope))
    return { envelope, attempt, result: 'applied', applied }
  } catch (error) {
    if (isDatabaseUnavailable(error) || isRetriableConflict(error)) throw error
    if (attempt < config.INBOUND_MAX_ATTEMPTS) {
      const afterSeconds = RETRY_SECONDS[attempt - 1] ?? RETRY_SECONDS.at(-1) ?? 0
      await enqueueAgain(queue, work.transaction, envelope, { attempt: attempt + 1, afterSeconds })
      return { envelope, attempt, result: 'retried', error }
    }
    const message = error instanceof Error ? error.message : String(error)
    const dead = { envelope, error: message, attempts: attempt, at: new Date().toISOString() }
    await enqueueDead(queue, work.transaction, dead)
    return { envelope, attempt, result: 'set aside', error }
  }
}

function tell({ report }: InboundDependencies, outcome: Outcome): void {
  const { envelope, attempt } = outcome
  if (outcome.result === 'applied') report.inboundApplied(envelope, outcome.applied)
  else if (outcome.result === 'retried') report.inboundRetried(envelope, attempt, outcome.error)
  else report.inboundSetAside(envelope, outcome.error)
}
