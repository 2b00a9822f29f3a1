import { port, processVariables, readConfig } from '@carteiro/runtime/config'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { z } from 'zod'

const SimulatorConfig = z.object({
  SIMULATOR_PORT: port(3003),
  SIMULATOR_MEDIA_PORT: port(3004),
  SIMULATOR_PATH: z.string().min(1).default('.data/simulator'),
  WHATSAPP_BROKER_URL: z
    .string()
    .refine((url) => isLoopbackUrl(url, ['http:']), 'must be http on a loopback address')
    .optional(),
  WHATSAPP_BROKER_API_KEY: z.string().min(16).optional(),
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
