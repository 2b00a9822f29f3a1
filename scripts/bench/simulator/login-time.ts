import { openServer, untilAllOpen } from './open-server.ts'

/** Milliseconds until this many linked accounts are logged in, all clients in this process, all at once. */
export async function measureLogins(count: number): Promise<number> {
  const { link, stop } = await openServer()
  try {
    const connects = []
    for (let n = 0; n < count; n++) connects.push(await link(`55119700${String(n).padStart(5, '0')}`))
    const startedAt = performance.now()
    await untilAllOpen(connects.map((connect) => connect()))
    return performance.now() - startedAt
  } finally {
    await stop()
  }
}
