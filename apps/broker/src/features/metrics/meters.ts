import type { InstanceCounters, InstanceMetrics } from '@carteiro/contracts/broker-metrics'

type Counts = Record<string, number>

interface Meter {
  since: Date
  sent: Record<string, Counts>
  received: Counts
  ackMs: number[]
  acks: number
  reconnects: Counts
  decryptFailures: number
}

/** The last sends, of which latencies are told. */
const LATENCIES = 500
/** Types and reasons of one instance; later ones are counted as `other`. */
const MAX_NAMES = 40

/** What this process counted of each instance. A restart begins anew; /metrics is for what must not. */
export class Meters {
  readonly #meters = new Map<string, Meter>()

  /** @param result how it ended @param ackMs until WhatsApp acknowledged it, when it did */
  sent(instanceId: string, type: string, result: string, ackMs?: number): void {
    const meter = this.#of(instanceId)
    const name = boundedName(meter.sent, type)
    const counts = meter.sent[name] ?? {}
    meter.sent[name] = counts
    count(counts, result)
    if (ackMs === undefined) return
    meter.ackMs[meter.acks % LATENCIES] = ackMs
    meter.acks += 1
  }

  received = (instanceId: string, type: string): void => count(this.#of(instanceId).received, type)

  reconnect = (instanceId: string, reason: string): void => count(this.#of(instanceId).reconnects, reason)

  decryptFailure(instanceId: string): void {
    this.#of(instanceId).decryptFailures += 1
  }

  forget(instanceId: string): void {
    this.#meters.delete(instanceId)
  }

  metrics(instanceId: string): Omit<InstanceMetrics, 'queue'> {
    const { since, ackMs, acks, ...counted } = this.#of(instanceId)
    return { instanceId, since: since.toISOString(), ...counted, ackLatencyMs: latency(ackMs, acks) }
  }

  counters(instanceId: string): InstanceCounters {
    const { sent, received, reconnects, decryptFailures } = this.#of(instanceId)
    const results = Object.values(sent)
    const arrived = sum(results.map(({ sent: done = 0, pending = 0 }) => done + pending))
    const repeated = sum(results.map(({ replayed = 0 }) => replayed))
    return {
      sent: arrived,
      failed: sum(results.flatMap((counts) => Object.values(counts))) - arrived - repeated,
      received: sum(Object.values(received)),
      reconnects: sum(Object.values(reconnects)),
      decryptFailures,
    }
  }

  #of(instanceId: string): Meter {
    const known = this.#meters.get(instanceId)
    if (known) return known
    const fresh = { sent: {}, received: {}, ackMs: [], acks: 0, reconnects: {}, decryptFailures: 0 }
    const meter: Meter = { since: new Date(), ...fresh }
    this.#meters.set(instanceId, meter)
    return meter
  }
}

function count(counts: Counts, name: string): void {
  const bounded = boundedName(counts, name)
  counts[bounded] = (counts[bounded] ?? 0) + 1
}

const boundedName = (named: Record<string, unknown>, name: string): string =>
  Object.hasOwn(named, name) || Object.keys(named).length < MAX_NAMES ? name : 'other'

const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0)

function latency(measured: number[], times: number): InstanceMetrics['ackLatencyMs'] {
  const sorted = measured.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
  return { count: times, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? null }
}
