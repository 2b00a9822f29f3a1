/** One who follows the log, with all that it was told. */
export interface Client {
  name: string
  /** Numbers in the order in which they were taken, with their types. */
  taken: [seq: number, type: string][]
  /** What must not be: a hole in the chain, an event that was told to be dropped. */
  faults: string[]
  /** Milliseconds from stored to taken, of events that came live. */
  latencies: number[]
  /** Loses its connection, and comes back by itself. */
  drop(): void
  close(): void
}

/** The newest number that it has taken. */
export const lastOf = ({ taken }: Pick<Client, 'taken'>): number => taken.at(-1)?.[0] ?? 0
