import { pause } from '@carteiro/runtime/lifecycle'

const POLL_MS = 50
const ANSWER_WITHIN_MS = 3_000

/** Asks `<url>/readyz` until it answers 200, or until the signal aborts. */
export async function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await isReady(url)) return
    await pause(POLL_MS, signal)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
