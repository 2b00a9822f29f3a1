import { createServer, type Socket } from 'node:net'

type Answer = (socket: Socket) => void

/** ClamAV's daemon so far as INSTREAM goes: what it was given, and what it says of it. */
export interface TestClamd {
  port: number
  /** The files that it was given, whole. */
  scanned: Buffer[]
  answer: Answer
  stop(): Promise<void>
}

/** An answer, as clamd ends one. */
export const answering =
  (text: string): Answer =>
  (socket) =>
    void socket.write(`${text}\0`)

/** A server that reads INSTREAM as clamd's manual has it: chunks behind their lengths, the last of none. */
export async function startClamd(t: { teardown(run: () => Promise<void>): void }): Promise<TestClamd> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined))
    let given = Buffer.alloc(0)
    socket.on('data', (piece) => {
      given = Buffer.concat([given, piece])
      const file = readFile(given)
      if (!file) return
      clamd.scanned.push(file)
      given = Buffer.alloc(0)
      clamd.answer(socket)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((closed) => server.close(() => closed()))
  }
  t.teardown(stop)
  const clamd: TestClamd = { port: address.port, scanned: [], answer: answering('stream: OK'), stop }
  return clamd
}

const COMMAND = 'zINSTREAM\0'

/** @returns `undefined` while its last chunk is not there @throws Error for what is no INSTREAM */
function readFile(given: Buffer): Buffer | undefined {
  if (!given.toString('latin1', 0, COMMAND.length).startsWith(COMMAND.slice(0, given.length))) {
    throw new Error('the command is not INSTREAM')
  }
  const chunks: Buffer[] = []
  for (let at = COMMAND.length; at + 4 <= given.length; ) {
    const length = given.readUInt32BE(at)
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(given.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return undefined
}
