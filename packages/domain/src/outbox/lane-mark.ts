import { sql } from 'kysely'

/** Where a scan of ready lanes ended: the last lane that it found, of one rank. */
export interface LanePlace {
  rank: number
  /** As PostgreSQL writes it, in microseconds. */
  ready_at: string
  lane: string
}

/**
 * How far a worker has come in an instance's ready lanes. Lanes leave the index at its beginning, and while any old
 * snapshot is open (a backup, an ANALYZE, a forgotten transaction) what has left cannot be taken out: each claim would
 * read all of it again. So the next claim goes on where the last one ended, and looks from the beginning once a second.
 */
export class LaneMark {
  /** What it may have passed over (a lane that somebody held, one that was ranked anew) waits no longer than this. */
  static readonly HOLDS_MS = 1_000
  #places = new Map<number, LanePlace>()
  #since = 0
  readonly #holdsMs: number

  constructor(holdsMs = LaneMark.HOLDS_MS) {
    this.#holdsMs = holdsMs
  }

  /** After a scan that found all that it wanted; one that did not has come to the end. */
  moveTo(places: LanePlace[]): void {
    if (this.#places.size === 0) this.#since = performance.now()
    for (const place of places) this.#places.set(place.rank, place)
  }

  clear(): void {
    this.#places.clear()
  }

  get isSet(): boolean {
    if (performance.now() - this.#since > this.#holdsMs) this.clear()
    return this.#places.size > 0
  }

  /** SQL of the ranks, each with the place behind which it is looked at: rows of (rank, at, after). */
  rows(ranks: number[]) {
    const places = ranks.map((rank) => (this.isSet ? this.#places.get(rank) : undefined))
    const [at, after] = [places.map((p) => p?.ready_at ?? '-infinity'), places.map((p) => p?.lane ?? '')]
    return sql`unnest(${ranks}::smallint[], ${at}::timestamptz[], ${after}::text[]) as r (rank, at, after)`
  }
}

/** The first time at which a lane of these ranks is ready, behind the mark; `i` is the instance. */
export const firstReady = (ranks: number[], mark: LaneMark) => sql`
  select min(of_rank.at) as at from ${mark.rows(ranks)} cross join lateral (
    select ready_at as at from lane l
    where l.tenant_id = i.tenant_id and l.instance_id = i.id and l.rank = r.rank and l.ready_at is not null
      and (l.ready_at, l.lane) > (r.at, r.after)
    order by l.ready_at, l.lane limit 1
  ) of_rank`
