import type { Environments, Ports, ProcessName } from './environments.ts'
import { urlOf } from './environments.ts'
import { findFreePort } from './ports.ts'
import type { ProcessGroup } from './process-group.ts'
import type { SupervisedProcess } from './supervise.ts'
import { waitUntilReady } from './wait-until-ready.ts'

export type Programs = Record<Exclude<ProcessName, 'simulator'>, SupervisedProcess> & {
  simulator: SupervisedProcess | undefined
}

export interface ProgramsOptions {
  environments: Environments
  ports: Ports
  host: string
  simulator: boolean
}

const READY_DEADLINE_MS = 60_000

/** What Node is told beside the file, as package.json and docker/Dockerfile tell it. */
const NODE_FLAGS: Partial<Record<ProcessName, string[]>> = {
  // What the start of many sessions leaves behind is collected at once, and not kept for as long as nothing happens.
  broker: ['--max-semi-space-size=4'],
}

const MAIN: Record<ProcessName, string> = {
  simulator: 'packages/simulation/src/main.ts',
  broker: 'apps/broker/src/main.ts',
  worker: 'apps/worker/src/main.ts',
  api: 'apps/api/src/main.ts',
}

/** Starts simulator, broker, worker and api as production does, each when the one before it is ready. */
export async function startPrograms(group: ProcessGroup, options: ProgramsOptions): Promise<Programs> {
  const start = (name: ProcessName) => startProgram(group, name, options)
  const simulator = options.simulator ? await start('simulator') : undefined
  const broker = await start('broker')
  const worker = await start('worker')
  const api = await start('api')
  return { simulator, broker, worker, api }
}

/** Starts one more worker, told what the first is, but for its port. @returns where it is found */
export async function startAnotherWorker(
  group: ProcessGroup,
  { environments, host }: Pick<ProgramsOptions, 'environments' | 'host'>,
): Promise<string> {
  const port = await findFreePort()
  const env = { ...environments.worker, WORKER_PORT: String(port) }
  const url = urlOf(host, port)
  await startMain(group, 'worker', { name: `worker-${port}`, env, url })
  return url
}

function startProgram(
  group: ProcessGroup,
  name: ProcessName,
  { environments, ports, host }: ProgramsOptions,
): Promise<SupervisedProcess> {
  const url = urlOf(name === 'simulator' ? '127.0.0.1' : host, ports[name])
  return startMain(group, name, { name, env: environments[name], url })
}

function startMain(
  group: ProcessGroup,
  program: ProcessName,
  { name, env, url }: { name: string; env: NodeJS.ProcessEnv; url: string },
): Promise<SupervisedProcess> {
  return group.start({
    name,
    command: [...(NODE_FLAGS[program] ?? []), MAIN[program]],
    env,
    isReady: (_supervised, signal) => waitUntilReady(url, signal),
    readyDeadlineMs: READY_DEADLINE_MS,
  })
}
