const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/**
 * libsignal prints whole sessions, private keys among them, with `console.info` and its like. Carteiro itself
 * never uses the console (pino writes to standard output by itself), so in this process every console line is
 * kept out of the output, and only counted.
 *
 * @param onLine called for each line that was kept back; it is not told what the line said
 * @returns puts the console back as it was
 */
export function silenceLibsignal(onLine: () => void): () => void {
  const target = globalThis.console
  const before = METHODS.map((method) => [method, target[method]] as const)
  for (const method of METHODS) target[method] = () => onLine()
  return () => {
    for (const [method, original] of before) target[method] = original
  }
}
