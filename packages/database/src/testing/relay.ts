import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to PostgreSQL that can be taken away: while it is away, connections are cut and refused. */
export interface DatabaseRelay {
  /** The database, by way of the relay. */
  url: string
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/** Stands between a test and its database, so that a restart of PostgreSQL can be played to it alone. */
export async function startDatabaseRelay(t: Teardown, databaseUrl: string): Promise<DatabaseRelay> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })

  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the relay has no port')
    return address.port
  }
  const goAway = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  const port = await listen(0)
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  t.teardown(goAway)
  return { url: url.href, goAway, comeBack: async () => void (await listen(port)) }
}
