import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { createInOrder } from '../../in-order.ts'
import type { Report } from '../../report.ts'
import type { InstanceState, Instances } from './instances.ts'

/** Writes the states of instances behind the sessions' backs: a session does not wait for the database. */
export interface StateWriter {
  /** The states of one instance are written in their order. */
  write(instanceId: string, state: InstanceState): void
  /**
   * The newest state, also once it is written: whoever read the row while it was being written would
   * otherwise find the state in neither place.
   */
  newest(instanceId: string): InstanceState | undefined
  /** The instance is deleted; one that is made again under its id knows nothing of it. */
  forget(instanceId: string): void
  /** Resolves when all is written. */
  written(): Promise<void>
}

export interface StateWriterDependencies {
  instances: Pick<Instances, 'saveState'>
  report: Pick<Report, 'instanceStateFailed'>
  /** Ends the waiting for a database that is away. */
  signal: AbortSignal
}

export function createStateWriter({ instances, report, signal }: StateWriterDependencies): StateWriter {
  const inOrder = createInOrder()
  const newest = new Map<string, InstanceState>()
  const underWay = new Set<Promise<void>>()

  async function save(instanceId: string, state: InstanceState): Promise<void> {
    try {
      await retryWhileDatabaseAway(() => instances.saveState(instanceId, state), { signal })
    } catch (error) {
      report.instanceStateFailed(instanceId, error)
    }
  }

  return {
    write(instanceId, state) {
      newest.set(instanceId, state)
      const saved = inOrder.run(instanceId, () => save(instanceId, state))
      underWay.add(saved)
      void saved.then(() => underWay.delete(saved))
    },
    newest: (instanceId) => newest.get(instanceId),
    forget: (instanceId) => void newest.delete(instanceId),
    written: async () => void (await Promise.all(underWay)),
  }
}
