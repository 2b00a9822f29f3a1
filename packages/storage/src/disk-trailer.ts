import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import type { ObjectFacts } from './storage.ts'

/** What stands behind an object's bytes, in the same file: so bytes and facts change together, by one rename. */
const Trailer = z.object({ contentType: z.string(), size: z.number().int(), sha256: z.string() })

/** Always as long, so that it is found from the file's end. */
const TRAILER_BYTES = 1024

/** JSON, filled up with spaces, on a line of its own for whoever looks into a text. */
export function writeTrailer(facts: z.input<typeof Trailer>): Uint8Array {
  return Buffer.from(`\n${JSON.stringify(facts)}`.padEnd(TRAILER_BYTES - 1).concat('\n'))
}

/** @throws Error when the file was cut or is none of ours. Bytes that changed in their place are not noticed */
export async function readTrailer(file: FileHandle, path: string): Promise<ObjectFacts> {
  const { size: fileSize } = await file.stat()
  const size = fileSize - TRAILER_BYTES
  const buffer = Buffer.alloc(TRAILER_BYTES)
  const { bytesRead } = await file.read(buffer, 0, TRAILER_BYTES, Math.max(0, size))
  const trailer = bytesRead === TRAILER_BYTES ? Trailer.safeParse(parse(buffer.toString())) : undefined
  if (trailer?.data?.size !== size) throw new Error(`${path} is damaged: take it from a backup`)
  return { size, contentType: trailer.data.contentType }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
