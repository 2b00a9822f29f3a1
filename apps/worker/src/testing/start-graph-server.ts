import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface GraphRequestSeen {
  url: string
  headers: IncomingHttpHeaders
  body: string
}

type Answer = (response: ServerResponse) => void

export interface GraphServer {
  url: string
  /** What Meta was asked, in order. */
  asked: GraphRequestSeen[]
  /** From now on this path is answered so. */
  on(path: string, answer: Answer): void
  stop(): Promise<void>
}

/** Meta's Graph API as far as a test wants it, with answers that refuse, break off or never come. */
export async function startGraphServer(t: {
  teardown(run: () => Promise<unknown>): void
}): Promise<GraphServer> {
  const answers = new Map<string, Answer>()
  const asked: GraphRequestSeen[] = []
  const server = createServer(async (request, response) => {
    const { url = '', headers } = request
    asked.push({ url, headers, body: await text(request) })
    const answer = answers.get(url)
    if (answer) answer(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  t.teardown(stop)
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    on: (path, answer) => void answers.set(path, answer),
    stop,
  }
}

/** Answers with JSON. */
export const answering =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

/** Meta's refusal by one of its numbers. */
export const refusing = (status: number, code: number, message = 'why'): Answer =>
  answering(status, { error: { message, type: 'OAuthException', code } })
