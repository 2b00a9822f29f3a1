import { baseEnvironment } from './base-environment.ts'
import { findFreePort } from './ports.ts'
import { type SupervisedProcess, supervise } from './supervise.ts'
import { waitForFirst } from './wait-for-first.ts'
import { waitUntilReady } from './wait-until-ready.ts'

export interface ApiProcess {
  url: string
  process: SupervisedProcess
}

/** One API process on a database that is there: beside a stack's own, or alone. */
export async function startApiProcess({
  name,
  logsDirectory,
  env,
}: {
  name: string
  logsDirectory: string
  /** At least DATABASE_URL. */
  env: NodeJS.ProcessEnv
}): Promise<ApiProcess> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const options = {
    name,
    command: ['apps/api/src/main.ts'],
    env: { ...baseEnvironment(), HOST: '127.0.0.1', API_PORT: String(port), ...env },
    logsDirectory,
    isReady: (_process: SupervisedProcess, signal: AbortSignal) => waitUntilReady(url, signal),
    readyDeadlineMs: 60_000,
  }
  const process = supervise(options)
  try {
    await waitForFirst(process, options, new AbortController().signal)
  } catch (error) {
    await process.stop()
    throw error
  }
  return { url, process }
}
