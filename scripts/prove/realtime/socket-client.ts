import { followEvents } from '../../../docs/examples/follow-events.ts'
import { type Client, lastOf } from './client.ts'

const AGAIN_MS = 100

export interface ClientOptions {
  name: string
  /** Where it may connect to; it goes from one to the next with each loss. */
  urls: string[]
  token: string
  tenantId: string
}

/** Follows by Socket.IO, with the client of docs/examples. */
export function startSocketClient({ name, urls, token, tenantId }: ClientOptions): Client {
  const client = { name, taken: [], faults: [], latencies: [] } as Pick<
    Client,
    'name' | 'taken' | 'faults' | 'latencies'
  >
  let turn = 0
  let isClosed = false
  let again: NodeJS.Timeout | undefined

  const connect = () => {
    const socket = followEvents({
      url: urls[turn++ % urls.length] ?? '',
      token,
      rooms: [`tenant:${tenantId}`],
      lastSeq: lastOf(client),
      onEvent: (type, event) => {
        client.taken.push([event.seq, type])
        if ('occurredAt' in event) client.latencies.push(Date.now() - Date.parse(String(event.occurredAt)))
      },
      onTruncated: ({ from, to }) => void client.faults.push(`${name}: ${from} to ${to} were dropped`),
      onRefused: ({ message }) => void client.faults.push(`${name} was refused: ${message}`),
    })
    return socket
  }
  let socket = connect()
  return {
    ...client,
    drop: () => {
      if (isClosed || again) return
      socket.close()
      again = setTimeout(() => {
        again = undefined
        socket = connect()
      }, AGAIN_MS)
    },
    close: () => {
      isClosed = true
      clearTimeout(again)
      socket.close()
    },
  }
}
