import { findTurns, giveUpTurn, type Turn } from '@carteiro/domain/flow/find-turns'
import { takeTurn } from '@carteiro/domain/flow/take-turn'
import { isNobodysFault } from '@carteiro/runtime/database-unavailable'
import type { Dependencies } from '../../dependencies.ts'

export type FlowDependencies = Pick<Dependencies, 'db' | 'notifier' | 'queue' | 'report' | 'retryPolicy'>

/** Turns that are looked at in one round, and tickets that are worked on at once. */
const MAX_TURNS = 100
const CONCURRENCY = 4

/**
 * Takes the turns that wait: those of one ticket one after the other, in the order in which their messages were
 * stored.
 *
 * @returns whether there may be more
 */
export async function runTurns(dependencies: FlowDependencies): Promise<boolean> {
  const turns = await findTurns(dependencies.db, MAX_TURNS)
  const tickets = [...Map.groupBy(turns, ({ ticketId }) => ticketId).values()]
  const work = async () => {
    for (let own = tickets.shift(); own; own = tickets.shift()) {
      for (const turn of own) await runTurn(dependencies, turn)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return turns.length === MAX_TURNS
}

/** A turn that fails is given up: its message is there, and a person answers it. A fault of the database is none. */
async function runTurn(dependencies: FlowDependencies, turn: Turn): Promise<void> {
  const { db, report, retryPolicy } = dependencies
  try {
    const result = await takeTurn({ ...dependencies, maxAttempts: retryPolicy.minutes.length }, turn)
    report.flowTurn(turn, result)
    if (result.fault !== undefined) report.flowFailed(turn, result.fault)
  } catch (error) {
    if (isNobodysFault(error)) throw error
    await giveUpTurn(db, turn)
    report.flowFailed(turn, error)
  }
}
