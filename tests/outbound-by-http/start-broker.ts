import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

/** What a broker answers to one send; a promise keeps the message with the channel. */
export interface BrokerAnswer {
  status: number
  body: object
  headers?: Record<string, string>
}

export interface BrokerCall {
  text: string
  /** The idempotency key: our message's id. */
  key: string
  /** Milliseconds since 1970. */
  at: number
}

const Send = z.object({ message: z.string() })

export const sent = (): BrokerAnswer => {
  const id = `3EB0${crypto.randomUUID()}`
  return { status: 200, body: { externalId: id, id, status: 'sent', ack: 2 } }
}
export const refusing = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
): BrokerAnswer => ({ status, body: { error: { code, message: 'why' } }, headers })

/** A broker over HTTP, for tests: it takes everything, but for the texts that a test wants answered otherwise. */
export async function startBroker(t: { teardown(run: () => Promise<unknown>): void }) {
  const answers = new Map<string, () => BrokerAnswer | Promise<BrokerAnswer>>()
  const calls: BrokerCall[] = []
  const server = createServer(async (request, response) => {
    const { message: text } = Send.parse(await json(request))
    calls.push({ text, key: String(request.headers['idempotency-key']), at: Date.now() })
    const { status, body, headers } = await (answers.get(text) ?? sent)()
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on this text is answered so. */
    on: (text: string, answer: () => BrokerAnswer | Promise<BrokerAnswer>) => void answers.set(text, answer),
    /** What was asked to be sent with this text. */
    callsOf: (text: string) => calls.filter((call) => call.text === text),
  }
}
