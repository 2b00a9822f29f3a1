import { setTimeout as sleep } from 'node:timers/promises'
import type { Ports } from '../stack/environments.ts'
import { describeListener, findFreePort, isTaken } from '../stack/ports.ts'
import type { StartConfig } from './start-config.ts'

const VARIABLES = {
  api: 'API_PORT',
  broker: 'BROKER_PORT',
  worker: 'WORKER_PORT',
  simulator: 'SIMULATOR_PORT',
  media: 'SIMULATOR_MEDIA_PORT',
  database: 'DATABASE_PORT',
} as const satisfies Record<keyof Ports, keyof StartConfig>

type Part = keyof Ports

/** Whatever HOST is. */
const ON_LOOPBACK: ReadonlySet<Part> = new Set(['simulator', 'media', 'database'])

/** A start that was killed a moment ago may still be letting go of its ports. */
const PATIENCE_MS = 1_500
const POLL_MS = 100

/**
 * The ports of the processes that will run; 0 is replaced by a free one.
 *
 * @throws Error naming every port that is taken, who holds it where that can be told, and the variable that changes it
 */
export async function choosePorts(config: StartConfig): Promise<Ports> {
  const parts = partsThatRun(config)
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    const faults = [...sharedPorts(config, parts), ...(await takenPorts(config, parts))]
    if (faults.length === 0) break
    if (Date.now() > deadline) throw new Error(faults.join('\n'))
  }
  const chosen = Object.keys(VARIABLES).map(
    async (part) => [part, await portOf(config, part as Part)] as const,
  )
  return Object.fromEntries(await Promise.all(chosen)) as Ports
}

const portOf = async (config: StartConfig, part: Part): Promise<number> =>
  config[VARIABLES[part]] || (await findFreePort())

function partsThatRun({ SIMULATOR, DATABASE_URL }: StartConfig): Part[] {
  return [
    'api',
    'broker',
    'worker',
    ...(SIMULATOR ? (['simulator', 'media'] as const) : []),
    ...(DATABASE_URL === undefined ? (['database'] as const) : []),
  ]
}

function sharedPorts(config: StartConfig, parts: Part[]): string[] {
  return parts.flatMap((part, index) => {
    const port = config[VARIABLES[part]]
    const other = parts.slice(0, index).find((earlier) => port !== 0 && config[VARIABLES[earlier]] === port)
    return other ? [`${VARIABLES[part]} and ${VARIABLES[other]} are both ${port}: change one of them.`] : []
  })
}

async function takenPorts(config: StartConfig, parts: Part[]): Promise<string[]> {
  const faults: string[] = []
  // One by one: trying a port takes it for a moment.
  for (const part of parts) {
    const port = config[VARIABLES[part]]
    const host = ON_LOOPBACK.has(part) ? '127.0.0.1' : config.HOST
    if (port === 0 || !(await isTaken(port, host))) continue
    const holder = describeListener(port)
    const by = holder ? ` by ${holder}` : ''
    faults.push(
      `Port ${port} (${part}) is taken${by}. Free it, or choose another port with ${VARIABLES[part]}.`,
    )
  }
  return faults
}
