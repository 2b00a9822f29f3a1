import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Scanner, ScanVerdict } from './scanner.ts'

export interface ClamdOptions {
  host: string
  port: number
  /** How long clamd may say and take nothing. */
  timeoutMs: number
}

const COMMAND = Buffer.from('zINSTREAM\0')
/** clamd's answers are a line. */
const MAX_ANSWER_BYTES = 4_096
const FOUND = /^stream: (.+) FOUND$/

/**
 * ClamAV's daemon over TCP, by its INSTREAM command: the file goes in chunks, each behind its length in four bytes, and
 * one of no length ends it. One connection a file.
 */
export function createClamd({ host, port, timeoutMs }: ClamdOptions): Scanner {
  return {
    scan: async (body) => {
      const socket = connect({ host, port })
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`clamd said nothing for ${timeoutMs} ms`)))
      const answer = readAnswer(socket)
      // What goes wrong with the file or on the way ends the answer, too.
      const given = pipeline(framed(body), socket, { end: false }).catch((error: unknown) => {
        socket.destroy(error instanceof Error ? error : new Error(String(error)))
      })
      try {
        return toVerdict(await answer)
      } finally {
        socket.destroy()
        body.destroy()
        await given
      }
    },
  }
}

async function* framed(body: Readable): AsyncGenerator<Buffer> {
  yield COMMAND
  for await (const chunk of body) {
    if (chunk.length === 0) continue
    yield lengthOf(chunk.length)
    yield chunk
  }
  yield lengthOf(0)
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return length
}

/** @throws Error when the connection ends before the answer does */
function readAnswer(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (piece) => {
    text += piece.toString('latin1')
    const [answer = '', rest] = text.split('\0')
    if (rest !== undefined) resolve(answer.trim())
    else if (text.length > MAX_ANSWER_BYTES) reject(new Error('clamd\u2019s answer does not end'))
  })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('clamd ended the connection without an answer')))
  return promise
}

/** @throws Error for what is no verdict: `INSTREAM size limit exceeded. ERROR`, say */
function toVerdict(answer: string): ScanVerdict {
  if (answer === 'stream: OK') return { status: 'clean' }
  const [, name] = FOUND.exec(answer) ?? []
  if (name !== undefined) return { status: 'infected', name }
  throw new Error(`clamd gave no verdict: ${answer}`)
}
