import { openServer, untilAllOpen } from './open-server.ts'

export interface Logins {
  /** Milliseconds until all were logged in. */
  wallMs: number
  /** Milliseconds of processor time, of server and clients together. */
  cpuMs: number
}

/** This many linked accounts log in, all at once, all clients in this process. */
export async function measureLogins(count: number): Promise<Logins> {
  const { link, stop } = await openServer()
  try {
    const connects = []
    for (let n = 0; n < count; n++) connects.push(await link(`55119700${String(n).padStart(5, '0')}`))
    const usedBefore = process.cpuUsage()
    const startedAt = performance.now()
    await untilAllOpen(connects.map((connect) => connect()))
    const { user, system } = process.cpuUsage(usedBefore)
    return {
      wallMs: Math.round(performance.now() - startedAt),
      cpuMs: Math.round((user + system) / 1_000),
    }
  } finally {
    await stop()
  }
}
