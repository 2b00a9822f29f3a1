/** The beginning of a stream, and all of it: what was looked at comes first, then the rest. */
export interface Peeked {
  /** As many of the first bytes as were asked for; fewer when there are no more. */
  head: Buffer
  whole: AsyncGenerator<Uint8Array>
}

/** Looks at the first bytes of what comes in pieces, and takes none of them away. */
export async function peek(pieces: AsyncGenerator<Uint8Array>, bytes: number): Promise<Peeked> {
  const first: Uint8Array[] = []
  for (let read = 0; read < bytes; ) {
    const next = await pieces.next()
    if (next.done) break
    first.push(next.value)
    read += next.value.length
  }
  return { head: Buffer.concat(first).subarray(0, bytes), whole: again(first, pieces) }
}

async function* again(first: Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first
  yield* rest
}
