import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const POLL_MS = 50
const DEADLINE_MS = 60_000

/** Whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Ends a PostgreSQL server that still runs on this data folder because the process that kept it was killed.
 *
 * @returns `kept` when the server has a living keeper: then somebody else works with this folder
 */
export async function endServerLeftBehind(
  dataDirectory: string,
): Promise<{ status: 'none' | 'ended' } | { status: 'kept'; keeperPid: number }> {
  const server = findServer(dataDirectory)
  if (!server) return { status: 'none' }
  const { pid, parent } = server
  if (describe(parent).command.includes('postgres.ts')) return { status: 'kept', keeperPid: parent }
  process.kill(pid, 'SIGINT')
  for (const deadline = Date.now() + DEADLINE_MS; isAlive(pid) && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return { status: 'ended' }
}

/** The PostgreSQL server that runs on this data folder. */
export function findServer(dataDirectory: string): { pid: number; parent: number } | undefined {
  const link = path.join(dataDirectory, 'cluster')
  if (!existsSync(link)) return undefined
  const cluster = realpathSync(link)
  const pid = readPid(path.join(cluster, 'postmaster.pid'))
  if (pid === undefined || !isAlive(pid)) return undefined
  const { command, parent } = describe(pid)
  // A process id may have gone to a stranger since.
  return command.includes(cluster) ? { pid, parent } : undefined
}

function readPid(file: string): number | undefined {
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : Number.NaN
  return Number.isInteger(pid) && pid > 1 ? pid : undefined
}

/** A process's parent and command line; empty when it cannot be told. */
function describe(pid: number): { parent: number; command: string } {
  try {
    const output = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' })
    const [, parent = '0', command = ''] = /^\s*(\d+)\s+(.*)$/m.exec(output) ?? []
    return { parent: Number(parent), command }
  } catch {
    return { parent: 0, command: '' }
  }
}
