import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { baseEnvironment } from '../../stack/base-environment.ts'
import { ROOT } from '../../stack/folders.ts'
import { findFreePort } from '../../stack/ports.ts'
import { waitUntilReady } from '../../stack/wait-until-ready.ts'

export interface BrokerProcess {
  readonly id: string
  readonly url: string
  /** Whether it runs and answers, as far as the proof knows. */
  alive: boolean
  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void
  /** Resolves when it has ended. */
  ended: Promise<void>
}

export interface BrokerProcessOptions {
  id: string
  env: NodeJS.ProcessEnv
  logsDirectory: string
}

const READY_DEADLINE_MS = 60_000
const END_WITH_PARENT = ['--import', path.join(ROOT, 'scripts/stack/end-with-parent.ts')]

/** Starts one broker that nobody starts again when it dies. @throws Error when it is not ready in a minute */
export async function startBrokerProcess({
  id,
  env,
  logsDirectory,
}: BrokerProcessOptions): Promise<BrokerProcess> {
  const port = await findFreePort()
  mkdirSync(logsDirectory, { recursive: true })
  const child = spawnLogged(path.join(logsDirectory, `${id}.log`), {
    ...{ ...baseEnvironment(), ...env },
    ...{ BROKER_ID: id, BROKER_PORT: String(port) },
  })
  const ended = once(child, 'exit').then(() => undefined)
  const url = `http://127.0.0.1:${port}`
  const deadline = AbortSignal.timeout(READY_DEADLINE_MS)
  await waitUntilReady(url, deadline)
  if (deadline.aborted) {
    child.kill('SIGKILL')
    throw new Error(`broker ${id} was not ready after ${READY_DEADLINE_MS / 1000} s`)
  }
  return { id, url, alive: true, ended, signal: (signal) => void child.kill(signal) }
}

function spawnLogged(logFile: string, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  try {
    return spawn(process.execPath, [...END_WITH_PARENT, 'apps/broker/src/main.ts'], {
      cwd: ROOT,
      env,
      stdio: ['ignore', log, log, 'ipc'],
    })
  } finally {
    closeSync(log)
  }
}
