import type { ByteRange } from '@carteiro/storage/storage'
import parseRange from 'range-parser'

export interface RangeHeaders {
  range?: string | undefined
  'if-range'?: string | string[] | undefined
}

/**
 * Which part of the bytes a request asks for (RFC 9110, section 14).
 *
 * @returns the range; `whole` when none is asked for or this one may be passed over: another unit, several at once,
 *   nonsense, an `If-Range` that is not of these bytes; `none` when it begins behind the last byte
 */
export function selectRange(
  headers: RangeHeaders,
  { size, etag }: { size: number; etag: string | undefined },
): ByteRange | 'whole' | 'none' {
  const { range, 'if-range': ifRange } = headers
  // Of nothing there is no part: whoever asks every address for its beginning shall get its end, too.
  if (range === undefined || size === 0) return 'whole'
  if (ifRange !== undefined && ifRange !== etag) return 'whole'
  const ranges = parseRange(size, suffixWithin(range, size))
  if (ranges === -1) return /^bytes=/i.test(range) ? 'none' : 'whole'
  if (ranges === -2 || ranges.type.toLowerCase() !== 'bytes') return 'whole'
  const [only, second] = ranges
  return only === undefined || second !== undefined ? 'whole' : { start: only.start, end: only.end }
}

/** The last thousand of a hundred bytes are the hundred; range-parser finds none. */
const suffixWithin = (range: string, size: number): string =>
  range.replace(/^(bytes=)\s*-(\d+)\s*$/i, (whole, unit: string, length: string) =>
    Number(length) > size ? `${unit}0-` : whole,
  )
