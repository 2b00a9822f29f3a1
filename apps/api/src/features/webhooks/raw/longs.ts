import { isObject } from '../../../json/json-value.ts'

/**
 * A 64-bit number as JSON brings it: a number, numeric text, or protobuf's `{low, high, unsigned}`.
 *
 * @returns `undefined` when it is none, or more than a number can hold
 */
export function readLong(value: unknown): number | undefined {
  const number = toNumber(value)
  return number !== undefined && Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER
    ? number
    : undefined
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
  if (!isObject(value) || typeof value.low !== 'number' || typeof value.high !== 'number') return undefined
  return value.high * 2 ** 32 + (value.low >>> 0)
}
