import type { Logger } from '@carteiro/runtime/logger'

/**
 * libsignal writes to the console, whole sessions with their private keys among it. Takes the console's place in this
 * process: the sentence goes to the log at debug, what it printed along goes nowhere.
 */
export function quietLibsignal(logger: Logger): void {
  const sentence = (first?: unknown) => {
    logger.debug(
      { from: 'console' },
      typeof first === 'string' ? first.slice(0, 200) : 'something was printed',
    )
  }
  Object.assign(console, { log: sentence, info: sentence, warn: sentence, error: sentence })
}
