import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A report of an adapter, as the gateway heard it. */
export interface HeardReport {
  messageId: string
  act: string
  body: Record<string, unknown>
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

type Answer = { status: number; body?: object } | 'nothing'

/**
 * A gateway of a test's own, that does what it is told: offers, is silent, cuts streams, answers reports as `answer`
 * says. It knows no outbox: the API's own gateway is tested with a broker in `tests/`.
 */
export async function startTestGateway(t: Teardown) {
  const streams = new Set<ServerResponse>()
  const lastEventIds: (string | undefined)[] = []
  const named: string[] = []
  const reports: HeardReport[] = []
  const waiting: (() => void)[] = []
  let answer: (report: HeardReport) => Answer = () => ({ status: 200, body: {} })
  let refusal: { status: number; body: object } | undefined
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }

  const server = createServer(async (request, response) => {
    const [, , messageId = '', act = ''] = (request.url ?? '').split('/')
    if (request.method === 'GET') {
      lastEventIds.push(request.headers['last-event-id']?.toString())
      named.push(request.url ?? '')
      if (refusal) {
        const { status, body } = refusal
        refusal = undefined
        response.writeHead(status).end(JSON.stringify({ error: { requestId: 'r', message: 'No.', ...body } }))
        return wake()
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('retry: 1000\nevent: ready\ndata: {}\n\n')
      streams.add(response)
      response.on('close', () => {
        streams.delete(response)
        wake()
      })
      return wake()
    }
    const body = await text(request)
    const report = { messageId, act, body: body === '' ? {} : JSON.parse(body) }
    reports.push(report)
    const given = answer(report)
    if (given === 'nothing') response.destroy()
    else response.writeHead(given.status).end(JSON.stringify(given.body ?? {}))
    wake()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const write = (frame: string) => {
    for (const stream of streams) stream.write(frame)
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    lastEventIds,
    named,
    reports,
    write,
    offer: (seq: number, messageId: string, fields: Record<string, unknown> = {}) => {
      const data = {
        ...{
          messageId,
          instanceId: 'phone',
          to: '+5511955550001',
          intent: 'text',
          payload: { text: `text ${seq}` },
        },
        ...{ idempotencyKey: messageId, attempt: 1 },
        ...fields,
      }
      write(`id: ${seq}\nevent: message\ndata: ${JSON.stringify(data)}\n\n`)
    },
    heartbeat: () => write('event: heartbeat\ndata: {}\n\n'),
    cut: () => {
      for (const stream of streams) stream.destroy()
    },
    answerWith: (how: (report: HeardReport) => Answer) => {
      answer = how
    },
    refuseNext: (status: number, body: object) => {
      refusal = { status, body }
    },
    /** The acts that were reported of a message. */
    actsOf: (messageId: string) =>
      reports.filter((report) => report.messageId === messageId).map(({ act }) => act),
    /** Resolves when `isSo` holds, looked at whenever something was heard. */
    until: async (isSo: () => boolean) => {
      while (!isSo()) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    wake,
  }
}
