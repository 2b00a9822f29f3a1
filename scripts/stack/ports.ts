import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Whether somebody listens on this port already. */
export async function isTaken(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return false
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return true
    throw error
  }
}

/** A port that nobody listens on just now. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1)
  if (port === undefined) throw new Error('The system gave no free port.')
  return port
}

/** `count` different ports that nobody listens on just now: all are held until all are found. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/**
 * Which process listens on a port, such as `process 4711 (node apps/api/src/main.ts)`; undefined when the system does
 * not tell (`lsof` or `ss` is not there, or it is another user's).
 */
export function describeListener(port: number): string | undefined {
  const pid =
    /^p(\d+)$/m.exec(run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']))?.[1] ??
    /pid=(\d+)/.exec(run('ss', ['-ltnpH', `sport = :${port}`]))?.[1]
  if (pid === undefined) return undefined
  const command = run('ps', ['-o', 'command=', '-p', pid])
  const short = command
    .trim()
    .replace(/^\S*\//, '')
    .replace(/--import \S+ /, '')
  return short === '' ? `process ${pid}` : `process ${pid} (${short.slice(0, 60)})`
}

function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
