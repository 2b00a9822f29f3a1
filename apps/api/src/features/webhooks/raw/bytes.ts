import { isObject } from '../../../json/json-value.ts'

/**
 * Bytes as JSON brings them: base64, `{type: 'Buffer', data}`, a list of numbers, or an index map (`{"0": 1, ...}`,
 * what JSON.stringify makes of a Uint8Array).
 *
 * @returns base64, or `undefined` when it is none of these
 */
export function readBytes(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (value instanceof Uint8Array) return toBase64([...value])
  if (Array.isArray(value)) return toBase64(value)
  if (!isObject(value)) return undefined
  if (value.type === 'Buffer' || 'data' in value) {
    return typeof value.data === 'string' || Array.isArray(value.data) ? readBytes(value.data) : undefined
  }
  const keys = Object.keys(value)
  return keys.every((key, index) => key === String(index)) ? toBase64(Object.values(value)) : undefined
}

function toBase64(numbers: unknown[]): string | undefined {
  if (numbers.length === 0 || !numbers.every(isByte)) return undefined
  return Buffer.from(numbers).toString('base64')
}

const isByte = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255

/** How many bytes a base64 text stands for, about. */
export const sizeOf = (base64: string): number => Math.floor((base64.length * 3) / 4)
