import type { Readable } from 'node:stream'

/** What a scanner says of a file. */
export type ScanVerdict =
  | { status: 'clean' }
  /** `name`: how the scanner calls what it found. */
  | { status: 'infected'; name: string }

/** Looks for what must not be passed on: the place where a virus scanner is put in. */
export interface Scanner {
  /**
   * Reads the body to its end, or destroys it.
   *
   * @throws Error when there is no verdict: the scanner is away, too slow, or refuses the file
   */
  scan(body: Readable): Promise<ScanVerdict>
}
