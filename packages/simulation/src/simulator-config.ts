import { port, processVariables, readConfig } from '@carteiro/runtime/config'
import { z } from 'zod'

const SimulatorConfig = z.object({
  SIMULATOR_PORT: port(3003),
  SIMULATOR_MEDIA_PORT: port(3004),
  SIMULATOR_PATH: z.string().default('.data/simulator'),
  LOG_LEVEL: processVariables.LOG_LEVEL,
  HOST: z
    .string()
    .regex(/^(127(\.\d{1,3}){3}|localhost|::1)$/, 'must be a loopback address: nothing here asks for a key')
    .default('127.0.0.1'),
})

/** The simulator's configuration. It needs no database. */
export type SimulatorConfig = z.output<typeof SimulatorConfig>

/** @throws ConfigurationError naming every fault */
export const readSimulatorConfig = (env: NodeJS.ProcessEnv): SimulatorConfig =>
  readConfig(SimulatorConfig, env)
