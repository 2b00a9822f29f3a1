import { type ClientRequest, get } from 'node:http'
import { type Client, lastOf } from './client.ts'
import type { ClientOptions } from './socket-client.ts'

const AGAIN_MS = 100

/** Follows by server-sent events: what a browser's EventSource does, with a key. */
export function startStreamClient({ name, urls, token }: ClientOptions): Client {
  const taken: Client['taken'] = []
  const faults: string[] = []
  const latencies: number[] = []
  let turn = 0
  let isClosed = false
  let request: ClientRequest | undefined
  let again: NodeJS.Timeout | undefined

  function take(frame: string): void {
    const field = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(frame)?.[1]
    const [type = '', data = '{}'] = [field('event'), field('data')]
    const { seq, prevSeq, occurredAt } = JSON.parse(data)
    if (type === 'replay.truncated') faults.push(`${name}: truncated ${data}`)
    if (prevSeq === undefined) return
    if (prevSeq !== lastOf({ taken }))
      faults.push(`${name}: ${seq} came after ${prevSeq}, not ${lastOf({ taken })}`)
    taken.push([seq, type])
    latencies.push(Date.now() - Date.parse(occurredAt))
  }

  const comeBack = () => {
    if (isClosed || again) return
    again = setTimeout(() => {
      again = undefined
      connect()
    }, AGAIN_MS)
  }

  function connect(): void {
    const url = `${urls[turn++ % urls.length]}/api/events/stream`
    const headers = { 'x-api-key': token, 'last-event-id': String(lastOf({ taken })) }
    const own = get(url, { headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        // What a lost connection still has in its pockets is told again.
        if (own !== request || response.statusCode !== 200) return
        const frames = (text + chunk).split('\n\n')
        text = frames.pop() ?? ''
        for (const frame of frames) take(frame)
      })
      response.on('error', () => undefined)
      response.on('close', comeBack)
    })
    own.on('error', comeBack)
    request = own
  }
  connect()
  return {
    ...{ name, taken, faults, latencies },
    drop: () => void request?.destroy(),
    close: () => {
      isClosed = true
      clearTimeout(again)
      request?.destroy()
    },
  }
}
