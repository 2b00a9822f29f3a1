import { pause } from '@carteiro/runtime/lifecycle'
import type { MediaFault } from './media-faults.ts'

/** What ends a connection that a fault cuts. */
export class CutConnection extends Error {
  constructor() {
    super('The connection was cut by a fault.')
    this.name = 'CutConnection'
  }
}

const TICK_MS = 50

/**
 * Bytes, as far and as fast as the fault lets them pass.
 *
 * @param gone aborts when the client has gone: nothing is waited for any longer
 * @throws CutConnection where the connection is to end: at the fault's cut, or when a stalled client has gone
 */
export async function* impede(
  chunks: AsyncIterable<Buffer>,
  fault: MediaFault | undefined,
  gone: AbortSignal,
): AsyncGenerator<Buffer> {
  switch (fault?.kind) {
    case 'cut':
      return yield* cut(chunks, fault.afterBytes)
    case 'stall':
      return yield* stall(chunks, fault.afterBytes, gone)
    case 'slow':
      return yield* slow(chunks, fault.bytesPerSecond, gone)
    default:
      return yield* chunks
  }
}

async function* cut(chunks: AsyncIterable<Buffer>, afterBytes: number) {
  let left = afterBytes
  for await (const chunk of chunks) {
    if (left > 0) yield chunk.subarray(0, left)
    left -= chunk.length
    if (left < 0) break
  }
  throw new CutConnection()
}

/** What comes beyond is still read, and dropped: a connection that nobody reads does not tell when it ends. */
async function* stall(chunks: AsyncIterable<Buffer>, afterBytes: number, gone: AbortSignal) {
  let left = afterBytes
  for await (const chunk of chunks) {
    if (left > 0) yield chunk.subarray(0, left)
    left -= chunk.length
  }
  await aborted(gone)
  throw new CutConnection()
}

async function* slow(chunks: AsyncIterable<Buffer>, bytesPerSecond: number, gone: AbortSignal) {
  const step = Math.max(1, Math.ceil((bytesPerSecond * TICK_MS) / 1000))
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += step) {
      if (!(await pause(TICK_MS, gone))) throw new CutConnection()
      yield chunk.subarray(at, at + step)
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
