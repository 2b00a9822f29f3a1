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
  const taken: Client['taken'] = []
  const faults: string[] = []
  const latencies: number[] = []
  let turn = 0
  let isClosed = false
  let again: NodeJS.Timeout | undefined

  const connect = () => {
    return followEvents({
      url: urls[turn++ % urls.length] ?? '',
      token,
      rooms: [`tenant:${tenantId}`],
      lastSeq: lastOf({ taken }),
      onEvent: (type, event) => {
        taken.push([event.seq, type])
        if ('occurredAt' in event) latencies.push(Date.now() - Date.parse(String(event.occurredAt)))
      },
      onTruncated: ({ from, to }) => void faults.push(`${name}: ${from} to ${to} were dropped`),
      onRefused: ({ message }) => void faults.push(`${name} was refused: ${message}`),
    })
  }
  let following = connect()
  return {
    ...{ name, taken, faults, latencies },
    drop: () => {
      if (isClosed || again) return
      following.close()
      again = setTimeout(() => {
        again = undefined
        following = connect()
      }, AGAIN_MS)
    },
    close: () => {
      isClosed = true
      clearTimeout(again)
      following.close()
    },
  }
}
