import { z } from 'zod'

/** A configuration fault a person can mend: which variable, and what it must be. */
export interface ConfigurationFault {
  variable: string
  message: string
}

/** Every fault of a process's configuration, named together. `main.ts` prints it and exits 1. */
export class ConfigurationError extends Error {
  readonly faults: ConfigurationFault[]

  constructor(faults: ConfigurationFault[]) {
    super(
      [
        'The configuration has faults:',
        ...faults.map((fault) => `  ${fault.variable}: ${fault.message}`),
      ].join('\n'),
    )
    this.name = 'ConfigurationError'
    this.faults = faults
  }
}

/**
 * Reads a process's configuration once, in `main.ts`.
 *
 * @param schema zod object whose keys are the variables' names
 * @param env usually `process.env`; an empty string counts as unset
 * @throws ConfigurationError naming every fault; values are never repeated, they may be secrets
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigurationError(
    result.error.issues.map((issue) => ({ variable: issue.path.join('.'), message: issue.message })),
  )
}

/** A TCP port written as a number; 0 asks the system for a free one. */
export const port = (fallback: number) =>
  z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535).default(fallback)

/** A duration or count of at least `min`. */
export const wholeNumber = (fallback: number, min = 0) =>
  z.coerce.number({ error: 'must be a whole number' }).int().min(min).default(fallback)

/** `true` or `false`, as environment variables spell them. */
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0', 'on', 'off'], { error: 'must be true or false' })
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true' || value === '1' || value === 'on')

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/

/** Names of hosts, or `host:port`, with commas between them; none by default. */
export const hostList = () =>
  z
    .string()
    .default('')
    .transform((text) =>
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .refine(
      (hosts) => hosts.every((host) => HOST.test(host)),
      'must be hosts, or host:port, with commas between them',
    )

/** What every process reads, whatever else it needs. */
export const processVariables = {
  DATABASE_URL: z.url({ error: 'must be a PostgreSQL URL, postgres://user:password@host:port/database' }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  HOST: z.string().default('127.0.0.1'),
}
