import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../../stack/api-client.ts'
import type { PlannedInbound } from './plan-inbound.ts'

export interface Pacing {
  /** The share of the strikes that were made, 0 to 1. */
  progress: () => number
  /** Ends the run. */
  signal: AbortSignal
}

const LOOK_MS = 50

/** Customers write, one message of a chat after the other, so that its order is known. */
export async function writeInbound(
  simulator: ApiClient,
  pacing: Pacing,
  plan: PlannedInbound[][],
): Promise<void> {
  await Promise.all(
    plan.map(async (messages) => {
      for (const message of messages) {
        await untilDue(pacing, message.dueAt)
        await write(simulator, message)
      }
    }),
  )
}

/** @throws the signal's reason */
export async function untilDue({ progress, signal }: Pacing, dueAt: number): Promise<void> {
  while (progress() < dueAt) await sleep(LOOK_MS, undefined, { signal })
}

async function write(simulator: ApiClient, { id, author, chat, body }: PlannedInbound): Promise<void> {
  const to = chat.name === author ? chat.account : chat.name
  const path = `/customers/${author}/chats/${encodeURIComponent(to)}/messages`
  const answer = await simulator.post(path, { ...body, id })
  if (answer.status !== 202) throw new Error(`${id} could not be written: ${JSON.stringify(answer.body)}`)
}
