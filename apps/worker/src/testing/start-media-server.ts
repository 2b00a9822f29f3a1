import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { type FetchByTransport, MediaFetchError } from '../features/media/media-fetcher.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

export interface MediaServer {
  url: string
  /** From now on this path is answered so. */
  on(path: string, answer: Answer | string | Buffer): void
  /** Resolves when the path is asked for, from now on. */
  asked(path: string): Promise<void>
}

/** A server that has files, for tests: real HTTP, and answers that break off, wait or fail. */
export async function startMediaServer(t: {
  teardown(run: () => Promise<unknown>): void
}): Promise<MediaServer> {
  const answers = new Map<string, Answer>()
  const waiting = new Map<string, (() => void)[]>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const answer = answers.get(path) ?? ((response) => response.writeHead(410).end())
    answer(response, request)
    for (const tell of waiting.get(path) ?? []) tell()
    waiting.delete(path)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    on: (path, answer) =>
      void answers.set(path, typeof answer === 'function' ? answer : (response) => response.end(answer)),
    asked: (path) =>
      new Promise((tell) => {
        waiting.set(path, [...(waiting.get(path) ?? []), tell])
      }),
  }
}

/** Fetches by path from such a server: 410 is gone, 409 not connected, another error one to try again. */
export const fetchFrom =
  (url: string): FetchByTransport =>
  async ({ media }, signal) => {
    const response = await fetch(`${url}${media.directPath}`, { signal }).catch((cause) => {
      throw new MediaFetchError({ code: 'BROKER_UNREACHABLE', retriable: true }, { cause })
    })
    if (response.status === 410) throw new MediaFetchError({ code: 'MEDIA_GONE', retriable: false })
    if (response.status === 409) throw new MediaFetchError({ code: 'INSTANCE_DISCONNECTED', retriable: true })
    if (!response.ok || !response.body) {
      throw new MediaFetchError({ code: 'MEDIA_FETCH_FAILED', retriable: true })
    }
    const length = response.headers.get('content-length')
    return {
      body: Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
      contentType: response.headers.get('content-type'),
      size: length === null ? null : Number(length),
    }
  }
