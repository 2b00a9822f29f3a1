import { readFileSync } from 'node:fs'
import type { SupervisedProcess, SuperviseOptions } from './supervise.ts'

const LAST_LINES = 8

/**
 * Waits until a process that was just started is ready. A process that dies before it was ever ready is not going to
 * mend itself: the error says what it wrote last.
 *
 * @param signal gives up
 * @throws Error when it died, or is not ready inside the deadline
 */
export async function waitForFirst(
  supervised: SupervisedProcess,
  { isReady, readyDeadlineMs }: Pick<SuperviseOptions, 'isReady' | 'readyDeadlineMs'>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const failure = new Promise<string>((resolve) => {
    supervised.events.once('died', () => resolve('did not start'))
    signal.addEventListener('abort', () => resolve('was stopped while it started'), { signal: over.signal })
    timer = setTimeout(() => resolve(`is not ready after ${readyDeadlineMs / 1000} s`), readyDeadlineMs)
  })
  const outcome = await Promise.race([isReady(supervised, over.signal), failure])
  over.abort()
  clearTimeout(timer)
  if (outcome === undefined) return
  throw new Error(
    `${supervised.name} ${outcome}. The last lines of ${supervised.logFile}:\n${lastLines(supervised)}`,
  )
}

function lastLines({ logFile, logOffset }: SupervisedProcess): string {
  const text = readFileSync(logFile).subarray(logOffset).toString('utf8').trimEnd()
  const lines = text.split('\n').slice(-LAST_LINES)
  return lines.map((line) => `  ${line.slice(0, 400)}`).join('\n')
}
