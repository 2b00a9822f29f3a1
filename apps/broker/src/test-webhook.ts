import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One attempt, as the webhook saw it. */
export interface Attempt {
  headers: IncomingHttpHeaders
  rawBody: string
  events: TestEvent[]
}

export interface TestEvent {
  id: string
  type: string
  instanceId: string
  payload: {
    status?: string
    qrAvailable?: boolean
    reason?: string | null
    message?: { id?: string; text?: string; type?: string }
    contact?: { phone?: string | null }
    metadata?: Record<string, unknown>
    raw?: { updates: { key: Record<string, unknown>; update: Record<string, unknown> }[] }
  }
}

export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export interface TestWebhook {
  url: string
  attempts: Attempt[]
  /** What was taken with 2xx, in the order of its coming. */
  taken: TestEvent[]
  /** Resolves when `done` holds, looked at after each answer. */
  until(done: () => boolean): Promise<void>
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/** A webhook of a test's own on a free port: `answer` says how each attempt is answered. */
export async function startTestWebhook(
  t: Teardown,
  answer: (attempt: Attempt, number: number) => Answer | Promise<Answer>,
): Promise<TestWebhook> {
  const attempts: Attempt[] = []
  const taken: TestEvent[] = []
  let onAnswer: () => void = () => undefined
  const server = createServer(async (request, response) => {
    const rawBody = await text(request)
    const events: TestEvent[] = JSON.parse(rawBody)
    const attempt = { headers: request.headers, rawBody, events }
    attempts.push(attempt)
    const { status, body, headers } = await answer(attempt, attempts.length)
    if (status < 300) taken.push(...events)
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body))
    onAnswer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    attempts,
    taken,
    until: (done) =>
      new Promise((resolve) => {
        onAnswer = () => done() && resolve()
        onAnswer()
      }),
  }
}
