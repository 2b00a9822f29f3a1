import { Problem } from '@carteiro/contracts/problem'

/** The version of what is answered, as `ETag`. */
export const writeVersion = (version: number): string => `"${version}"`

const VERSION = /^(?:W\/)?"(\d{1,9})"$|^(\d{1,9})$/

/**
 * The version that a writer has seen, from `If-Match`.
 *
 * @returns `undefined` when any version will do: without the header, and with `*`
 * @throws Problem VALIDATION_ERROR when it names none
 */
export function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const [, quoted, plain] = VERSION.exec(header.trim()) ?? []
  const version = quoted ?? plain
  if (version !== undefined) return Number(version)
  throw new Problem('VALIDATION_ERROR', 'If-Match takes the ETag of what you read, such as "3", or *.', {
    details: [{ path: 'headers.if-match', message: 'is not a version' }],
  })
}
