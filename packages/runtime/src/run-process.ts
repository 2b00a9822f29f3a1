import { ConfigurationError } from './config.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import { createLogger, type Logger } from './logger.ts'
import { findRetired } from './retired-variables.ts'

export interface ProcessOptions<Config> {
  name: string
  readConfig: (env: NodeJS.ProcessEnv) => Config & { LOG_LEVEL: string }
  /** Starts the parts, registering each with `lifecycle.onStop` as soon as it runs. */
  start: (context: { config: Config; logger: Logger; lifecycle: Lifecycle }) => Promise<void>
}

/**
 * Runs one process of Carteiro from `main.ts`: reads the configuration, starts, and on SIGTERM or SIGINT
 * stops in reverse order and exits 0. A configuration fault or a failed start exits 1, in a sentence.
 */
export async function runProcess<Config>(options: ProcessOptions<Config>): Promise<void> {
  const config = readConfigOrExit(options)
  const logger = createLogger(options.name, config.LOG_LEVEL)
  const lifecycle = createLifecycle(logger)
  for (const variable of findRetired(process.env)) {
    logger.warn({ variable }, 'a variable that does nothing any more is set')
  }

  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping')
    void lifecycle.stop().then(() => {
      logger.info('stopped')
      process.exit(0)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)

  try {
    await options.start({ config, logger, lifecycle })
    logger.info('started')
  } catch (error) {
    logger.fatal({ err: error }, `not started: ${error instanceof Error ? error.message : String(error)}`)
    await lifecycle.stop()
    process.exit(1)
  }
}

function readConfigOrExit<Config>(options: ProcessOptions<Config>) {
  try {
    return options.readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${options.name}: ${error.message}\n`)
    process.exit(1)
  }
}
