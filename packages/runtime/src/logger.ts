import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'

export type { Logger }

/**
 * The logger of one process: JSON lines on standard output.
 *
 * Secrets are redacted by key wherever a line carries headers or configuration.
 *
 * @param name the process: `api`, `worker`, `broker`, `simulator`
 * @param level one of pino's levels
 * @param destination another place than standard output
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { process: name },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'req.headers.authorization',
        'req.headers["x-api-key"]',
        'req.headers["x-authorization"]',
        '*.apiKey',
        '*.secret',
        '*.token',
        '*.password',
      ],
      censor: '[redacted]',
    },
  }
  return destination ? pino(options, destination) : pino(options)
}
