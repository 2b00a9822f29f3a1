import { createHash } from 'node:crypto'

/** A number from 0 up to 1 that the seed and the label alone decide, so that a run can be repeated. */
export function chance(seed: number, label: string): number {
  return createHash('sha256').update(`${seed}/${label}`).digest().readUInt32BE(0) / 2 ** 32
}
