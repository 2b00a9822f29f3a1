import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createApiClient } from '../stack/api-client.ts'
import type { Stack } from '../stack/start-stack.ts'
import { countBegun, countWaiting, readArrivals } from './campaign/campaign-database.ts'
import { countSent } from './campaign/count-sent.ts'
import type { CampaignPlan } from './campaign/plan.ts'
import { plantCampaign } from './campaign/plant-campaign.ts'
import { queueCampaign } from './campaign/queue-campaign.ts'
import { type Proved, report } from './campaign/report.ts'
import { sendProbes } from './campaign/send-probes.ts'
import { changeInstance } from './parts/change-instance.ts'
import { connectTo } from './parts/connect-to.ts'
import { withStack } from './parts/with-stack.ts'

const OPTIONS = {
  messages: { type: 'string', default: '100000' },
  /** How many of them are accepted by the API's route; the others are planted as it would have left them. */
  routed: { type: 'string', default: '500' },
  /** Messages a minute of the campaign's instance. */
  pace: { type: 'string', default: '300' },
  /** How long the pace is measured. */
  window: { type: 'string', default: '60' },
  /** Messages of the other two instances meanwhile. */
  probes: { type: 'string', default: '50' },
  /** How far from its pace the campaign may be, as a share. */
  tolerance: { type: 'string', default: '0.02' },
  /** How long another instance's message may take, in milliseconds. */
  within: { type: 'string', default: '1000' },
  seconds: { type: 'string', default: '600' },
} as const

/** Queueing kept the machine busy: what was late by that is not the pace's. */
const SETTLING_MS = 5_000
/** The demo instance has the campaign. */
const OTHERS = ['second-phone', 'third-phone']

/**
 * A campaign on one of three instances, with two workers: its pace is kept across the workers, and messages of the
 * other instances leave at once. The first messages of the campaign are accepted by the API's
 * route; the others, for which a client would need half an hour, are planted as the route would have left them.
 *
 * @returns 0 when both hold
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const plan: CampaignPlan = {
    messages: Number(values.messages),
    routed: Math.min(Number(values.messages), Number(values.routed)),
    perMinute: Number(values.pace),
    windowMs: Number(values.window) * 1_000,
    probes: Number(values.probes),
    tolerance: Number(values.tolerance),
    withinMs: Number(values.within),
    deadline: Date.now() + Number(values.seconds) * 1_000,
  }
  const env = { api: { RATE_LIMIT_PER_MINUTE: '0' } }
  return withStack({ simulator: true, env }, async (stack) => report(plan, await proveOn(stack, plan)))
}

async function proveOn(stack: Stack, plan: CampaignPlan): Promise<Proved> {
  const api = createApiClient(stack.urls.api, stack.apiKey)
  const simulator = createApiClient(stack.urls.simulator ?? '')
  const workers = [stack.urls.worker, await stack.addWorker()]
  for (const [index, id] of OTHERS.entries()) await stack.addInstance(id, `551190000010${index}`)
  const database = await connectTo(stack)
  try {
    await changeInstance(api, stack.instanceId, {
      pace: { perMinute: plan.perMinute, firstContactsPerDay: 0 },
    })
    const queueing = await queueCampaign(api, stack.instanceId, plan)
    await plantCampaign(stack, plan)
    await sleep(SETTLING_MS)
    const from = Date.now()
    const [probes] = await Promise.all([
      sendProbes({ api, simulator }, OTHERS, plan),
      sleep(plan.windowMs, undefined, { signal: AbortSignal.timeout(plan.deadline - from) }),
    ])
    const waiting = await countWaiting(database, stack.instanceId)
    const span = { from, to: from + plan.windowMs }
    const begun = await countBegun(database, stack.instanceId, span)
    const arrivals = await readArrivals({ database, simulator }, stack.instanceId, span)
    const sentBy = await Promise.all(workers.map((url) => countSent(url, stack.instanceId)))
    return { queueing, begun, arrivals, probes, sentBy, waiting }
  } finally {
    await database.end()
  }
}
