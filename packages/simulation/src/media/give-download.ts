import type { IncomingMessage, ServerResponse } from 'node:http'
import parseRange from 'range-parser'
import type { Blobs } from './blobs.ts'
import type { DirectPaths } from './direct-paths.ts'
import { impede } from './impede.ts'
import type { MediaFault } from './media-faults.ts'

export interface Download {
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>
  response: ServerResponse
  fault: MediaFault | undefined
  /** Aborts when the client has gone. */
  gone: AbortSignal
}

const CHUNK_BYTES = 64 * 1024

/**
 * Gives a sealed file, or the part of it that `Range` asks for. It is 403 when the path's signature is wrong or has
 * ended, 404 when there is no such file, 410 when it has expired.
 *
 * @throws CutConnection where the fault ends the connection; what writing to the network throws
 */
export async function giveDownload(
  { blobs, paths }: { blobs: Blobs; paths: DirectPaths },
  { request, response, fault, gone }: Download,
): Promise<void> {
  const found = findBlob(blobs, paths, request.url ?? '')
  if (typeof found === 'number') {
    response.writeHead(found).end()
    return
  }
  const part = selectPart(found, request.headers.range)
  if (part === undefined) {
    response.writeHead(416, { 'content-range': `bytes */${found.length}` }).end()
    return
  }
  response.writeHead(part.range === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-length': part.bytes.length,
    ...(part.range === undefined ? {} : { 'content-range': part.range }),
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  response.flushHeaders()
  for await (const chunk of impede(chunksOf(part.bytes), fault, gone)) await write(response, chunk)
  response.end()
}

function findBlob(blobs: Blobs, paths: DirectPaths, path: string): Buffer | 403 | 404 | 410 {
  const place = paths.read(path)
  if (place === undefined) return 404
  if (place === 'refused') return 403
  const found = blobs.find(place.id)
  return found === 'expired' ? 410 : (found ?? 404)
}

/** @returns `undefined` when the range begins behind the last byte; more than one range is passed over */
function selectPart(
  bytes: Buffer,
  header: string | undefined,
): { bytes: Buffer; range?: string } | undefined {
  const ranges = header === undefined ? -2 : parseRange(bytes.length, header)
  if (ranges === -1) return undefined
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1 || !ranges[0]) return { bytes }
  const { start, end } = ranges[0]
  return { bytes: bytes.subarray(start, end + 1), range: `bytes ${start}-${end}/${bytes.length}` }
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

/** Resolves when the bytes have left: a connection that is cut then loses none of them. */
function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}
