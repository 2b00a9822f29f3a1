import { once } from 'node:events'
import { z } from 'zod'

/** A process's memory in MiB. */
export interface Memory {
  /** What its heap and its buffers hold. */
  used: number
  /** What the system gave it. */
  resident: number
}

export interface MemoryReader {
  /** Collects the garbage first: what is left is held by somebody. */
  read(): Promise<Memory>
  /** As it stands, garbage and all. */
  look(): Promise<Memory>
  close(): void
}

const Targets = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1)
const Answer = z.object({ id: z.number(), result: z.unknown().optional() })
const Evaluated = z.object({ result: z.object({ value: z.string() }) })
const Usage = z.object({ heapUsed: z.number(), external: z.number(), rss: z.number() })

/** The environment of a process whose memory is to be read: it listens to an inspector on this port of 127.0.0.1. */
export const inspectedAt = (port: number) => ({ NODE_OPTIONS: `--inspect=127.0.0.1:${port}` })

/** Asks a process by its inspector. */
export async function inspectMemory(port: number): Promise<MemoryReader> {
  const [target] = Targets.parse(await (await fetch(`http://127.0.0.1:${port}/json/list`)).json())
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  await once(socket, 'open')
  const waiting = new Map<number, (result: unknown) => void>()
  let asked = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = Answer.parse(JSON.parse(String(data)))
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  const ask = (method: string, params = {}) =>
    new Promise<unknown>((resolve) => {
      waiting.set(++asked, resolve)
      socket.send(JSON.stringify({ id: asked, method, params }))
    })
  const look = async () => {
    const expression = 'JSON.stringify(process.memoryUsage())'
    const told = Evaluated.parse(await ask('Runtime.evaluate', { expression }))
    const { heapUsed, external, rss } = Usage.parse(JSON.parse(told.result.value))
    return { used: toMiB(heapUsed + external), resident: toMiB(rss) }
  }
  return {
    look,
    read: async () => {
      // Twice: what the first one finds may hold more.
      await ask('HeapProfiler.collectGarbage')
      await ask('HeapProfiler.collectGarbage')
      return look()
    },
    close: () => socket.close(),
  }
}

const toMiB = (bytes: number) => Math.round((bytes / 1024 / 1024) * 10) / 10
