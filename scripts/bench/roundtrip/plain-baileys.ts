import { connectDevice, linkDevice } from '@carteiro/simulation/test-device'
import type { ApiClient } from '../../stack/api-client.ts'
import { atRate, createArrivals, epochMs, type Latencies, type Pace } from './latencies.ts'
import { readArrivals } from './read-arrivals.ts'

const ACCOUNT = '5511999990000'
const RECIPIENTS = 20
const PREFIX = 'plain-out-'

/**
 * The plain way: one Baileys socket in this process, an event handler for what comes in and `sendMessage` for what
 * goes out. Nothing is stored, repeated or put in order.
 */
export async function measurePlainBaileys(
  simulatorUrl: string,
  simulator: ApiClient,
  pace: Pace,
): Promise<Latencies> {
  const device = connectDevice(simulatorUrl, await linkDevice(simulatorUrl, ACCOUNT))
  await device.opened
  try {
    const arrivals = createArrivals()
    device.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { message } of messages) arrivals.heard(message?.conversation ?? '')
    })
    for (let n = 0; n < RECIPIENTS; n++) await device.send(jid(n), 'warm-up', `WARM${n}`)

    const inbound = await atRate(pace, async (n) => {
      const text = `plain-in-${n}`
      const arrived = arrivals.wait(text)
      const startedAt = epochMs()
      await simulator.post(`/customers/${phone('9', n)}/messages`, { text, to: ACCOUNT })
      return (await arrived) - startedAt
    })
    const starts = await atRate(pace, async (n) => {
      const text = `${PREFIX}${n}`
      const startedAt = epochMs()
      await device.send(jid(n), text, `PLAIN${n}`)
      return { text, startedAt }
    })
    const arrivedAt = await readArrivals(simulator, {
      phones: Array.from({ length: RECIPIENTS }, (_, n) => phone('8', n)),
      prefix: PREFIX,
      count: pace.count,
    })
    return {
      inbound,
      outbound: starts.map(({ text, startedAt }) => (arrivedAt.get(text) ?? Number.NaN) - startedAt),
    }
  } finally {
    await device.goAway()
  }
}

const phone = (block: string, n: number): string =>
  `551198${block}0${String(n % RECIPIENTS).padStart(5, '0')}`
const jid = (n: number): string => `${phone('8', n)}@s.whatsapp.net`
