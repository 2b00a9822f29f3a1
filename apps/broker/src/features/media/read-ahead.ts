import { Readable } from 'node:stream'

/**
 * Reads the first bytes of a stream before anything is answered: a small file is known whole, and what is wrong with it
 * can still be told by a status.
 *
 * @returns the bytes when there are no more than `limit`, else a stream of all of them
 * @throws what the stream fails with in these first bytes
 */
export async function readAhead(stream: Readable, limit: number): Promise<Buffer | Readable> {
  const chunks = stream[Symbol.asyncIterator]()
  const first: Buffer[] = []
  for (let bytes = 0; bytes <= limit; ) {
    const next: IteratorResult<Buffer> = await chunks.next()
    if (next.done) return Buffer.concat(first)
    first.push(next.value)
    bytes += next.value.length
  }
  const rest = { [Symbol.asyncIterator]: () => chunks }
  return Readable.from(inTurn(first, rest), { objectMode: false })
}

async function* inTurn(first: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first
  yield* rest
}
