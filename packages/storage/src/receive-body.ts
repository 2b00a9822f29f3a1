import { createHash } from 'node:crypto'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Problem } from '@carteiro/contracts/problem'
import type { Body, PutOptions, WrittenObject } from './storage.ts'

/** A body on its way in. `finish` tells what it was, once all `chunks` were read. */
export interface ReceivedBody {
  chunks: AsyncIterable<Uint8Array>
  finish(): WrittenObject
}

/**
 * Hands a body to a driver, counted and hashed on its way, and lets go of its source whatever happens.
 *
 * @throws Problem MEDIA_TOO_LARGE, and whatever the source or `write` throws
 */
export async function receiveBody(
  body: Body,
  { contentType, maxBytes, signal }: PutOptions,
  write: (received: ReceivedBody) => Promise<WrittenObject>,
): Promise<WrittenObject> {
  // Between the source and us, so that a source which says nothing cannot keep us from giving up.
  const passed = new PassThrough()
  const source = body instanceof Uint8Array ? [body] : body
  // What goes wrong in the source, its reader is told by `passed`.
  void pipeline(source, passed, signal ? { signal } : {}).catch(() => undefined)
  try {
    assertContentType(contentType)
    return await write(measure(passed, maxBytes))
  } finally {
    passed.destroy()
    if (body instanceof Readable) body.destroy()
  }
}

function measure(source: AsyncIterable<Uint8Array>, maxBytes: number): ReceivedBody {
  const hash = createHash('sha256')
  let size = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > maxBytes) throw new Problem('MEDIA_TOO_LARGE', `At most ${maxBytes} bytes are kept.`)
      hash.update(chunk)
      yield chunk
    }
  }
  return { chunks: chunks(), finish: () => ({ size, sha256: hash.digest('hex') }) }
}

/** It becomes a header: no control characters, and a bounded length. */
function assertContentType(contentType: string): void {
  if (!/^[\w.+-]+\/[\x20-\x7e]{1,200}$/.test(contentType)) {
    throw new TypeError(`not a content type: ${JSON.stringify(contentType.slice(0, 100))}`)
  }
}
