import type { Logger } from '@carteiro/runtime/logger'
import type { SocketConfig } from '@whiskeysockets/baileys'

export type BaileysLogger = SocketConfig['logger']

/** Baileys warns of what we asked for on purpose (open-socket.ts), and of acknowledgements that we held (hold-acks.ts). */
const EXPECTED = /DISABLING ALL SYNC|^failed to ack (receipt|notification|call)$/
const MAX_LENGTH = 300

/**
 * What Baileys may write into our log: from `warn` on, its sentence and the error's name, message and code.
 * The objects it logs beside them carry stanzas, keys and message bodies, and stay out.
 */
export function createBaileysLogger(logger: Logger, instanceId: string): BaileysLogger {
  const own = logger.child({ part: 'baileys', instanceId })
  const ignore = () => undefined
  const at = (level: 'warn' | 'error') => (given: unknown, sentence?: string) => {
    const message = sentence ?? (typeof given === 'string' ? given : 'without a sentence')
    if (!EXPECTED.test(message)) own[level](trimmedError(given), message.slice(0, MAX_LENGTH))
  }
  const adapter: BaileysLogger = {
    level: 'warn',
    child: () => adapter,
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: at('warn'),
    error: at('error'),
  }
  return adapter
}

function trimmedError(given: unknown): { fault?: string } {
  if (typeof given !== 'object' || given === null) return {}
  const error = 'err' in given ? given.err : 'error' in given ? given.error : given
  if (!(error instanceof Error)) return {}
  return { fault: `${error.name}: ${error.message}`.slice(0, MAX_LENGTH) }
}
