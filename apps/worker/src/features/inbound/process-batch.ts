import type { Envelope } from '@carteiro/contracts/envelope'
import { commit, type UnitOfWork } from '@carteiro/domain/events/unit-of-work'
import { releaseHeard } from '@carteiro/domain/outbox/release-heard'
import { enqueueAgain, enqueueDead, nudgeOutbound } from '@carteiro/queue/enqueue'
import { fetchShard } from '@carteiro/queue/fetch-shard'
import { isNobodysFault } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'
import { type Applied, applyEnvelopes, isMessage } from './apply-envelope.ts'
import { awaitAnswers } from './await-answers.ts'

export type InboundDependencies = Pick<Dependencies, 'db' | 'notifier' | 'queue' | 'report'> & {
  config: Pick<Dependencies['config'], 'INBOUND_MAX_ATTEMPTS'>
  /** Called after the commit of a batch that stored a file's message. */
  onMedia?: () => void
  /** Called after the commit of a batch with messages that may be answered automatically. */
  onTurns?: () => void
}

const MAX_JOBS = 20
/** Messages that are stored together: more of them do not make a statement cheaper. */
const MAX_RUN = 200
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
  let turns = 0
  const outcomes = await commit(dependencies, async (work) => {
    const batch = await fetchShard(dependencies.queue, work.transaction, shard, MAX_JOBS)
    if (!batch) return 'busy'
    const applied: Outcome[] = []
    const tries = batch.jobs.flatMap(({ envelopes, attempt = 1 }) =>
      envelopes.map((envelope) => ({ envelope, attempt })),
    )
    const [first, last] = lockOrder(tries)
    for (const run of runsOf(first)) applied.push(...(await applyRun(dependencies, work, run)))
    turns = await awaitAnswers(work.transaction, storedOf(applied))
    await releaseWaiting(dependencies, work, applied)
    for (const run of runsOf(last)) applied.push(...(await applyRun(dependencies, work, run)))
    await batch.complete()
    return applied
  })
  if (outcomes === 'busy') return 'busy'
  for (const outcome of outcomes) tell(dependencies, outcome)
  if (outcomes.some(bringsMedia)) dependencies.onMedia?.()
  if (turns > 0) dependencies.onTurns?.()
  return outcomes.length > 0 ? 'processed' : 'empty'
}

/**
 * Contacts, tickets and messages are locked before lanes and deliveries, everywhere. Receipts and connections, which
 * lock those, therefore come last; they have their own order and none with the messages.
 */
function lockOrder(tries: Try[]): [first: Try[], last: Try[]] {
  const locksLanes = ({ envelope: { kind } }: Try) => kind === 'status' || kind === 'connection'
  return [tries.filter((one) => !locksLanes(one)), tries.filter(locksLanes)]
}

/** Who wrote is no stranger: what waited for another day's first contacts leaves. */
async function releaseWaiting(
  { queue }: InboundDependencies,
  work: UnitOfWork,
  outcomes: Outcome[],
): Promise<void> {
  const stored = storedOf(outcomes).map(({ envelope: { tenantId }, messageId }) => ({ tenantId, messageId }))
  const instances = await releaseHeard(work, stored)
  if (instances.length > 0) await nudgeOutbound(queue, work.transaction, instances)
}

const storedOf = (outcomes: Outcome[]) =>
  outcomes.flatMap((outcome) => {
    const messageId = outcome.result === 'applied' ? outcome.applied.messageId : undefined
    return messageId === undefined ? [] : [{ envelope: outcome.envelope, messageId }]
  })

/** Messages in a row, and each envelope of another kind by itself. */
function runsOf(tries: Try[]): Try[][] {
  const runs: Try[][] = []
  for (const one of tries) {
    const run = runs.at(-1) ?? []
    const [first] = run
    const isOneMore = first && isMessage(first.envelope) && isMessage(one.envelope) && run.length < MAX_RUN
    if (isOneMore) run.push(one)
    else runs.push([one])
  }
  return runs
}

/**
 * Applies a run in a part of its own. When it fails, each half is tried again, down to the one envelope that is to
 * blame: the others go on. A fault of the database is everybody's and rolls back.
 */
async function applyRun(dependencies: InboundDependencies, work: UnitOfWork, run: Try[]): Promise<Outcome[]> {
  const envelopes = run.map(({ envelope }) => envelope)
  try {
    const applied = await work.part(() => applyEnvelopes(dependencies.queue, work, envelopes))
    return run.map((one, index) => ({ ...one, result: 'applied', applied: applied[index] ?? { status: '' } }))
  } catch (error) {
    if (isNobodysFault(error)) throw error
    const [one, ...others] = run
    if (one && others.length === 0) return [await putOff(dependencies, work, one, error)]
    const middle = Math.ceil(run.length / 2)
    return [
      ...(await applyRun(dependencies, work, run.slice(0, middle))),
      ...(await applyRun(dependencies, work, run.slice(middle))),
    ]
  }
}

/** A poison envelope is put off, and after its last try set aside; its chat goes on. */
async function putOff(
  { config, queue }: InboundDependencies,
  work: UnitOfWork,
  { envelope, attempt }: Try,
  error: unknown,
): Promise<Outcome> {
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

const bringsMedia = ({ envelope, result }: Outcome): boolean =>
  result === 'applied' && envelope.kind === 'message' && 'media' in envelope.message

function tell({ report }: InboundDependencies, outcome: Outcome): void {
  const { envelope, attempt } = outcome
  if (outcome.result === 'applied') report.inboundApplied(envelope, outcome.applied)
  else if (outcome.result === 'retried') report.inboundRetried(envelope, attempt, outcome.error)
  else report.inboundSetAside(envelope, outcome.error)
}
