import { readLong } from './raw/longs.ts'

/** Numbers above this are milliseconds: as seconds they would be past the year 33,000. */
const MILLISECONDS_ABOVE = 1e12
/** Later years have five digits and more, which neither our contracts nor PostgreSQL read as ISO 8601. */
const END_OF_ISO_YEARS = Date.UTC(10_000, 0)

/**
 * Reads a time as brokers write it: ISO 8601, epoch seconds or milliseconds, as number, numeric text or protobuf's
 * `{low, high}`. What cannot be read becomes the time of receipt and is flagged.
 */
export function readTimestamp(value: unknown, receivedAt: Date): { iso: string; valid: boolean } {
  if (value === undefined || value === null) return { iso: receivedAt.toISOString(), valid: true }
  const date = new Date(toMilliseconds(value))
  const valid = date.getTime() >= 0 && date.getTime() < END_OF_ISO_YEARS
  return { iso: (valid ? date : receivedAt).toISOString(), valid }
}

function toMilliseconds(value: unknown): number {
  if (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value)) return Date.parse(value)
  const number = readLong(value) ?? Number.NaN
  return number > MILLISECONDS_ABOVE ? number : number * 1000
}
