type SilentLogger = Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void> & {
  level: string
  child(): SilentLogger
}

const nothing = () => undefined

/** For Baileys' signal code, whose lines hold keys. */
export const SILENT_LOGGER: SilentLogger = {
  level: 'silent',
  child: () => SILENT_LOGGER,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
}
