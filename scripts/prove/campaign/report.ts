import type { CampaignPlan } from './plan.ts'
import type { Probe } from './send-probes.ts'

export interface Proved {
  queueing: { tookMs: number }
  /** Attempts of the campaign that began within the window. */
  begun: number
  /** Milliseconds since 1970 at which the campaign reached phones, within the window. */
  arrivals: number[]
  probes: Probe[]
  /** Messages of the campaign that each worker sent. */
  sentBy: number[]
  /** Messages of the campaign that had not left when everything was measured. */
  waiting: number
}

/** Prints what was measured, and what is wrong. @returns the exit code */
export function report(plan: CampaignPlan, proved: Proved): number {
  const { queueing, begun, arrivals, probes, sentBy, waiting } = proved
  const ideal = (plan.perMinute * plan.windowMs) / 60_000
  const deviation = arrivals.length / ideal - 1
  const ms = probes.map((probe) => probe.ms).sort((a, b) => a - b)
  const late = probes.filter((probe) => probe.ms > plan.withinMs)
  const { least, most } = perSecond(arrivals, plan)
  console.table({
    'queued by POST /api/v1/outbound/messages': { measured: plan.routed },
    'of these a second': { measured: Math.round((plan.routed * 1_000) / queueing.tookMs) },
    'planted beside them': { measured: plan.messages - plan.routed },
    'had not left at the end': { measured: waiting },
    'on phones in the window, ideal': { measured: ideal },
    'given to the channel in the window': { measured: begun },
    'on phones in the window': { measured: arrivals.length },
    'deviation from the pace, %': { measured: toPercent(deviation) },
    'in a second, least and most': { measured: `${least} to ${most}` },
    'sent by each worker': { measured: sentBy.join(' and ') },
    'messages of the other instances': { measured: probes.length },
    'of these, request to phone, p50 ms': { measured: ms[Math.floor(ms.length / 2)] ?? 0 },
    'of these, request to phone, max ms': { measured: ms.at(-1) ?? 0 },
  })
  const faults = [
    ...(Math.abs(deviation) > plan.tolerance ? [`the pace is off by ${toPercent(deviation)} %`] : []),
    ...sentBy.flatMap((count, n) => (count === 0 ? [`worker ${n + 1} sent nothing of the campaign`] : [])),
    ...(waiting === 0 ? ['the campaign was over before the measurement was'] : []),
    ...late.map(({ instanceId, ms }) => `a message of ${instanceId} took ${ms} ms`),
  ]
  for (const fault of faults) console.log(`broken: ${fault}`)
  console.log(
    `PROVE ${JSON.stringify({
      name: 'campaign',
      messages: plan.messages,
      routed: plan.routed,
      workers: sentBy.length,
      pace: { ideal, begun, measured: arrivals.length, deviationPercent: toPercent(deviation) },
      probes: { count: probes.length, p50: ms[Math.floor(ms.length / 2)] ?? 0, max: ms.at(-1) ?? 0 },
      broken: faults.length,
    })}`,
  )
  return faults.length === 0 ? 0 : 1
}

const toPercent = (share: number): number => Math.round(share * 10_000) / 100

/** The fullest and the emptiest second of the window. */
function perSecond(arrivals: number[], { windowMs }: CampaignPlan): { least: number; most: number } {
  const first = arrivals[0] ?? 0
  const counts = new Array<number>(Math.max(1, Math.floor(windowMs / 1_000))).fill(0)
  for (const at of arrivals) {
    const second = Math.floor((at - first) / 1_000)
    if (second < counts.length) counts[second] = (counts[second] ?? 0) + 1
  }
  return { least: Math.min(...counts), most: Math.max(...counts) }
}
