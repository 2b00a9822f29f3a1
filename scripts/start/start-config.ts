import { ConfigurationError, flag, port, processVariables, readConfig } from '@carteiro/runtime/config'
import { z } from 'zod'
import { readApiConfig } from '../../apps/api/src/config.ts'
import { readBrokerConfig } from '../../apps/broker/src/config.ts'
import { readWorkerConfig } from '../../apps/worker/src/config.ts'

const secret = z.string().min(16, 'must have 16 characters or more')

const StartVariables = z.object({
  ...processVariables,
  DATABASE_URL: processVariables.DATABASE_URL.optional(),
  DATA_DIR: z.string().default('.data'),
  API_PORT: port(3000),
  WORKER_PORT: port(3002),
  BROKER_PORT: port(3001),
  SIMULATOR_PORT: port(3003),
  SIMULATOR_MEDIA_PORT: port(3004),
  DATABASE_PORT: port(54_329),
  SIMULATOR: flag(true),
  BOOTSTRAP_API_KEY: secret.optional(),
  WHATSAPP_BROKER_API_KEY: secret.optional(),
  WHATSAPP_WEBHOOK_HMAC_SECRET: secret.optional(),
  SESSION_ENCRYPTION_KEY: z.string().optional(),
})

export type StartConfig = z.output<typeof StartVariables>

/** Stands in for what `npm start` makes itself, so that the processes' own readers find only real faults. */
const STAND_INS = {
  DATABASE_URL: 'postgres://127.0.0.1/carteiro',
  WHATSAPP_BROKER_API_KEY: '0'.repeat(32),
  WHATSAPP_WEBHOOK_HMAC_SECRET: '0'.repeat(32),
  SESSION_ENCRYPTION_KEY: '0'.repeat(64),
}

/**
 * What `npm start` is told, with the variables of the processes that it starts.
 *
 * @throws ConfigurationError naming every fault of every process together
 */
export function readStartConfig(env: NodeJS.ProcessEnv): StartConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const forPrograms = { ...STAND_INS, ...given }
  const faults = [
    ...faultsOf(() => readConfig(StartVariables, given)),
    ...[readApiConfig, readWorkerConfig, readBrokerConfig].flatMap((read) =>
      faultsOf(() => read(forPrograms)),
    ),
  ]
  if (faults.length === 0) return readConfig(StartVariables, given)
  throw new ConfigurationError([...new Map(faults.map((fault) => [fault.variable, fault])).values()])
}

function faultsOf(read: () => unknown): ConfigurationError['faults'] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
}
