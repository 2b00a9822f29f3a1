import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../stack/start-stack.ts'

export interface Publishing {
  /** Per phone, the ids of its messages in their order. */
  chats: Promise<Map<string, string[]>>
  /** Whether everything was taken. */
  done: () => boolean
}

const CHATS = 100
const BATCH = 5
const AGAIN_MS = 50
/** Between two batches of a chat: the load lasts as long as the kills. */
const PAUSE_MS = 3_000
/** A request that hangs on a killed process is sent again. */
const ANSWER_MS = 5_000

/** Publishes like a broker: chats side by side, in each the next batch after the one before was taken. */
export function publishAll(stack: Stack, { seed, messages }: { seed: number; messages: number }): Publishing {
  let done = false
  const perChat = messages / CHATS
  const publishChat = async (chat: number): Promise<[string, string[]]> => {
    const phone = `551197${String(chat).padStart(7, '0')}`
    const ids = Array.from({ length: perChat }, (_, n) => `PROVE${seed}-${chat}-${n}`)
    for (let from = 0; from < ids.length; from += BATCH) {
      const events = ids
        .slice(from, from + BATCH)
        .flatMap((id, index) =>
          eventsOf(stack.instanceId, phone, id, from + index, repeated(ids, from + index, seed)),
        )
      await postUntilTaken(stack, events)
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
    return [phone, ids]
  }
  const chats = Promise.all(Array.from({ length: CHATS }, (_, chat) => publishChat(chat))).then((entries) => {
    done = true
    return new Map(entries)
  })
  return { chats, done: () => done }
}

/** Each message twice, by contract event and by raw upsert; before every fifth, an older one once more. */
function eventsOf(
  instanceId: string,
  phone: string,
  id: string,
  n: number,
  again: string | undefined,
): object[] {
  const older = again === undefined ? [] : [contractEvent(instanceId, phone, again, 0)]
  const both = [contractEvent(instanceId, phone, id, n), rawUpsert(instanceId, phone, id, n)]
  return [...older, ...(n % 2 === 0 ? both : both.toReversed())]
}

function repeated(ids: string[], n: number, seed: number): string | undefined {
  const dice = createHash('sha256').update(`${seed}/${ids[n]}`).digest()[0] ?? 0
  return n > 0 && dice % 5 === 0 ? ids[dice % n] : undefined
}

const at = (n: number): number => 1_714_655_100 + n

const contractEvent = (instanceId: string, phone: string, id: string, n: number) => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId,
  timestamp: at(n),
  payload: {
    contact: { phone: `+${phone}`, pushName: 'Maria' },
    message: { id, chatId: `${phone}@s.whatsapp.net`, type: 'text', text: id },
    metadata: {},
  },
})

const rawUpsert = (instanceId: string, phone: string, id: string, n: number) => ({
  event: 'WHATSAPP_MESSAGES_UPSERT',
  instanceId,
  payload: {
    type: 'notify',
    messages: [
      {
        key: { remoteJid: `${phone}@s.whatsapp.net`, id, fromMe: false },
        messageTimestamp: at(n),
        pushName: 'Maria',
        message: { conversation: id },
      },
    ],
  },
})

async function postUntilTaken(stack: Stack, events: object[]): Promise<void> {
  for (;;) {
    const response = await fetch(`${stack.urls.api}/api/integrations/whatsapp/webhook`, {
      method: 'POST',
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: { 'x-api-key': stack.brokerKey, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    }).catch(() => undefined)
    if (response?.status === 202) return
    if (response && response.status < 500)
      throw new Error(`refused: ${response.status} ${await response.text()}`)
    await sleep(AGAIN_MS)
  }
}
