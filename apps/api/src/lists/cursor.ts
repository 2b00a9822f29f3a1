import { Problem } from '@carteiro/contracts/problem'
import type { z } from 'zod'

/** A cursor is opaque to clients: where a page ended, as base64url JSON. */
export function writeCursor(position: object | null): string | null {
  return position === null ? null : Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** @throws Problem VALIDATION_ERROR when it is not one that we wrote */
export function readCursor<Schema extends z.ZodType>(
  schema: Schema,
  cursor: string | undefined,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined
  const result = schema.safeParse(parse(cursor))
  if (result.success) return result.data
  throw new Problem('VALIDATION_ERROR', 'Take the cursor from nextCursor of the page before.', {
    details: [{ path: 'querystring.cursor', message: 'is not a cursor' }],
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
