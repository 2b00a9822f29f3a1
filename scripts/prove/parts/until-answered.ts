import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer } from '../../stack/api-client.ts'

const AGAIN_MS = 50

/**
 * Repeats a call until its answer says something: like any client with idempotency keys, it repeats what got no
 * answer, and what the server could not do.
 *
 * @param says whether an answer with this status ends it
 * @throws the signal's reason
 */
export async function untilAnswered(
  call: () => Promise<ApiAnswer>,
  says: (status: number) => boolean = (status) => status < 500 && status !== 429,
  signal?: AbortSignal,
): Promise<ApiAnswer> {
  for (;;) {
    const answer = await call().catch(() => undefined)
    if (answer && says(answer.status)) return answer
    await sleep(AGAIN_MS)
    signal?.throwIfAborted()
  }
}
