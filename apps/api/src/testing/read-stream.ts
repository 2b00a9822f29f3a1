import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

/** One frame of a stream of server-sent events; `data` is its JSON. */
export interface Frame {
  event: string
  id: number | undefined
  data: { seq?: number; prevSeq?: number; [member: string]: unknown }
}

interface Teardown {
  teardown(run: () => void): void
}

/** A stream of events that was opened, with all that it brings. */
export async function readStream(t: Teardown, url: string, headers: Record<string, string>) {
  const request = get(url, { headers, agent: false })
  t.teardown(() => void request.destroy())
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const frames: Frame[] = []
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  let text = ''
  let isOpen = true
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const parts = (text + chunk).split('\n\n')
    text = parts.pop() ?? ''
    frames.push(...parts.map(toFrame))
    wake()
  })
  response.on('error', () => undefined)
  response.on('close', () => {
    isOpen = false
    wake()
  })
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return {
    response,
    frames,
    /** Events of the log alone. */
    events: () => frames.filter(({ data }) => data.prevSeq !== undefined),
    until: async (isEnough: (frames: Frame[]) => boolean): Promise<Frame[]> => {
      await until(() => isEnough(frames))
      return frames
    },
    closed: () => until(() => !isOpen),
    close: () => void request.destroy(),
  }
}

function toFrame(text: string): Frame {
  const fields = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const id = fields.get('id')
  return {
    event: fields.get('event') ?? '',
    id: id === undefined ? undefined : Number(id),
    data: JSON.parse(fields.get('data') ?? '{}'),
  }
}
