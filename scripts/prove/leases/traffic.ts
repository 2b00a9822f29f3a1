import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { createApiClient } from '../../stack/api-client.ts'
import type { Instance } from './instances.ts'
import { API_KEY, type World } from './world.ts'

const CUSTOMER = '5511988887777'
const EVERY_MS = 150
const AGAIN_MS = 200

const Answer = z.object({ status: z.string() })

export interface Traffic {
  /** Ends it and waits for every answer. */
  stop(): Promise<{ received: number; sent: number; lost: string[]; wrong: string[] }>
}

/**
 * Customers write and messages are sent all the while, each through a broker chosen in turn, whoever holds the
 * instance; a send is repeated with its key until it is answered.
 */
export function startTraffic(world: World, all: Instance[]): Traffic {
  const stopping = new AbortController()
  const written: string[] = []
  const sends: { text: string; done: Promise<void> }[] = []
  const simulator = createApiClient(world.simulator.url)

  async function write(instance: Instance): Promise<void> {
    const body = { to: instance.phone, text: `to ${instance.id}` }
    written.push((await simulator.post(`/customers/${CUSTOMER}/messages`, body)).body.id)
  }

  const running = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const instance = all[turn % all.length]
      if (!instance) return
      await write(instance)
      const text = `send ${turn} by ${instance.id}`
      sends.push({ text, done: send(world, instance, turn, text) })
      await sleep(EVERY_MS)
    }
  })()

  return {
    async stop() {
      stopping.abort()
      await running
      await Promise.all(sends.map(({ done }) => done))
      const lost = await untilTaken(world, written)
      const wrong = await untilShown(
        async () => (await simulator.get(`/customers/${CUSTOMER}/messages`)).body.items,
        sends.map(({ text }) => text),
      )
      return { received: written.length, sent: sends.length, lost, wrong }
    },
  }
}

async function send(world: World, { id }: Instance, turn: number, text: string): Promise<void> {
  for (let attempt = turn; ; attempt++) {
    const alive = [...world.brokers.values()].filter((broker) => broker.alive)
    const broker = alive[attempt % alive.length]
    // `pending` may have been lost with its broker: as the outbox does, it is repeated under its key.
    if (broker && (await post(broker.url, id, text)) === 'sent') return
    await sleep(AGAIN_MS)
  }
}

async function post(url: string, id: string, text: string): Promise<string | undefined> {
  const response = await fetch(`${url}/instances/${id}/send-text`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', 'idempotency-key': text },
    body: JSON.stringify({ to: `+${CUSTOMER}`, text }),
    signal: AbortSignal.timeout(40_000),
  }).catch(() => undefined)
  const answer = Answer.safeParse(await response?.json().catch(() => undefined))
  return answer.data?.status
}

const PATIENCE_MS = 60_000

/** @returns those that the webhook was never given */
async function untilTaken({ taken }: World, written: string[]): Promise<string[]> {
  return await untilNone(async () => written.filter((id) => !taken.has(id)))
}

/** @returns a sentence for each that the phone does not show once */
async function untilShown(readPhone: () => Promise<{ text: string }[]>, texts: string[]): Promise<string[]> {
  return await untilNone(async () => {
    const shown = (await readPhone()).map(({ text }) => text)
    return texts.flatMap((text) => {
      const times = shown.filter((one) => one === text).length
      return times === 1 ? [] : [`${text}: shown ${times} times`]
    })
  })
}

/** Looks until nothing is wrong any more, or patience is over: retries and receipts take their time. */
async function untilNone(look: () => Promise<string[]>): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const wrong = await look()
    if (wrong.length === 0 || performance.now() > deadline) return wrong
    await sleep(AGAIN_MS)
  }
}
