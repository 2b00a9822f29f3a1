import type { EmittedEvent, EventType } from '@carteiro/contracts/event'
import { io } from 'socket.io-client'

interface Heard {
  name: string
  event: unknown
}

/** What a Socket.IO client of the key's tenant hears, in order. */
export async function hearEvents(
  t: { teardown(run: () => Promise<unknown>): void },
  url: string,
  { token, tenantId }: { token: string; tenantId: string },
) {
  const socket = io(url, { transports: ['websocket'], auth: { token, rooms: [`tenant:${tenantId}`] } })
  t.teardown(async () => void socket.close())
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  const heard: Heard[] = []
  const waiting: (() => void)[] = []
  socket.onAny((name: string, event: unknown) => {
    heard.push({ name, event })
    for (const look of waiting.splice(0)) look()
  })
  return {
    /** How many there were: what comes after them is new. */
    count: () => heard.length,
    /** The first event of this name that fits, among those after the first `from`: heard already, or to come. */
    until: async <Type extends EventType>(
      name: Type,
      fits: (event: EmittedEvent<Type>) => boolean = () => true,
      from = 0,
    ): Promise<EmittedEvent<Type>> => {
      for (;;) {
        const events = heard.slice(from).filter((one) => one.name === name)
        const found = events.map(({ event }) => event as EmittedEvent<Type>).find(fits)
        if (found) return found
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
  }
}
