import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'
import { SENT_OR_FURTHER } from './sent-or-further.ts'

const MARKER_PHONE = '5511980000001'
const LIMIT_MS = 60_000
const LOOK_MS = 10

/**
 * How long until a new message goes all the way again: posted right after the kill (and repeated until the API
 * takes it), then looked at until it is SENT or further.
 *
 * @throws when it takes more than a minute
 */
export async function measureRecovery(api: ApiClient): Promise<number> {
  const startedAt = Date.now()
  const key = `recovery-${startedAt}`
  let id: string | undefined
  while (Date.now() - startedAt < LIMIT_MS) {
    const answer = await (id === undefined
      ? api.post('/api/v1/outbound/messages', { to: `+${MARKER_PHONE}`, text: key, idempotencyKey: key })
      : api.get(`/api/v1/outbound/messages/${id}`)
    ).catch(() => undefined)
    if (answer && answer.status < 300) {
      if (SENT_OR_FURTHER.includes(answer.body.status)) return Date.now() - startedAt
      id = answer.body.id
    }
    await sleep(LOOK_MS)
  }
  throw new Error(`nothing was sent within ${LIMIT_MS} ms after a kill`)
}
