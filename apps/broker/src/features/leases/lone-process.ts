import type { ListeningClient } from '@carteiro/database/listen'

/** Whether this process is the only one that runs under its broker's id, as PostgreSQL sees it. */
export interface LoneProcess {
  /** A connection that lasts as long as the process: it holds the proof. */
  listening(client: ListeningClient): void
  /** Asks unless it is proven. Never waits: an answer that changes something is told by `onProven`. */
  ask(): void
  readonly proven: boolean
}

/** A process that was killed may keep the lock for a moment; one that keeps it for several rounds is alive. */
const REFUSALS_OF_A_TWIN = 4

/**
 * The proof is a lock that PostgreSQL gives to one connection, and takes back when that connection's process dies:
 * whoever gets it under the same id is the successor of a process that is gone.
 */
export function createLoneProcess(
  brokerId: string,
  { onProven, onTwin }: { onProven: () => void; onTwin: () => void },
): LoneProcess {
  let client: ListeningClient | undefined
  let proven = false
  let refusals = 0
  let asking: ListeningClient | undefined

  async function ask(on: ListeningClient): Promise<void> {
    if (asking === on) return
    asking = on
    try {
      const { rows } = await on.query<{ locked: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
        [`carteiro broker ${brokerId}`],
      )
      if (client !== on) return
      if (rows[0]?.locked !== true) {
        refusals += 1
        if (refusals === REFUSALS_OF_A_TWIN) onTwin()
        return
      }
      proven = true
      onProven()
    } catch {
      // The connection is lost: the next one asks again.
    } finally {
      if (asking === on) asking = undefined
    }
  }

  return {
    listening(next) {
      client = next
      proven = false
      next.once('end', () => {
        if (client !== next) return
        client = undefined
        proven = false
      })
      void ask(next)
    },
    ask: () => {
      if (client && !proven) void ask(client)
    },
    get proven() {
      return proven
    },
  }
}
