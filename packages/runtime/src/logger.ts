import { type Logger, pino } from 'pino'

export type { Logger }

/**
 * The logger of one process: JSON lines on standard output.
 *
 * Secrets are redacted by key wherever a line carries headers or configuration.
 *
 * @param name the process: `api`, `worker`, `broker`, `simulator`
 * @param level one of pino's levels
 */
export function createLogger(name: string, level: string): Logger {
  return pino({
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
  })
}
