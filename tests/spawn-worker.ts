import { type ChildProcess, spawn } from 'node:child_process'
import { ROOT } from '../scripts/stack/folders.ts'

interface Teardown {
  teardown(run: () => unknown): void
}

/**
 * A real worker in a process of its own, which ends with the test, also where the test's process is killed.
 *
 * @param variables beside the ones that every worker of a test has
 */
export function spawnWorker(t: Teardown, variables: NodeJS.ProcessEnv): ChildProcess {
  const worker = spawn(
    process.execPath,
    ['--import', './scripts/stack/end-with-parent.ts', 'apps/worker/src/main.ts'],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        WORKER_PORT: '0',
        ...variables,
      },
    },
  )
  // Read to the end, as a full pipe would hold it up; who wants the lines listens, too.
  worker.stdout?.resume()
  t.teardown(() => worker.kill('SIGKILL'))
  return worker
}
