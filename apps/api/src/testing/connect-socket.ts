import type { EventType } from '@carteiro/contracts/event'
import type { Ack } from '@carteiro/contracts/realtime'
import { io, type Socket } from 'socket.io-client'

/** An event as a socket heard it, whatever its type. */
export interface Heard {
  type: EventType | 'replay.truncated' | 'replay.required' | 'ticket:typing' | 'connection.closing'
  seq: number
  prevSeq: number
  [member: string]: unknown
}

const NONE = -1

interface Teardown {
  teardown(run: () => void): void
}

/** A socket that does not come back by itself, and is closed with the test. */
export function openSocket(t: Teardown, url: string, options: object): Socket {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options })
  t.teardown(() => void socket.close())
  return socket
}

/** What a refused socket is told. @throws when it was let in */
export const refusalOf = (socket: Socket) =>
  new Promise<Error & { data?: unknown }>((resolve, reject) => {
    socket.once('connect_error', resolve)
    socket.once('connect', () => reject(new Error('the socket was let in')))
  })

/** A socket that is let in, in these rooms, with all that it hears. */
export async function connectSocket(t: Teardown, url: string, options: object) {
  const socket = openSocket(t, url, options)
  const heard: Heard[] = []
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve()
  }
  socket.onAny((type: Heard['type'] | 'ready', event: object) => {
    if (type === 'ready') return
    heard.push({ seq: NONE, prevSeq: NONE, ...event, type })
    wake()
  })
  socket.on('disconnect', wake)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return {
    socket,
    heard,
    /** Sends a command. @returns its acknowledgement */
    ask: (command: string, argument?: unknown): Promise<Ack> => socket.emitWithAck(command, argument),
    /** Waits until what was heard is enough. */
    until: async (isEnough: (heard: Heard[]) => boolean): Promise<Heard[]> => {
      while (!isEnough(heard)) await new Promise<void>((resolve) => waiting.push(resolve))
      return heard
    },
    closed: async (): Promise<void> => {
      while (socket.connected) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}

/** Only events of the log: what is told of the connection itself has no `prevSeq`. */
export const logged = (heard: Heard[]): Heard[] => heard.filter(({ prevSeq }) => prevSeq !== NONE)

/** Whether each event names the one before it: nothing is missing between them. */
export const isChained = (events: Heard[]): boolean =>
  events.every(({ prevSeq }, index) => index === 0 || prevSeq === events[index - 1]?.seq)
