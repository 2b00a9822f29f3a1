import { parseArgs } from 'node:util'
import type { Stack } from '../stack/start-stack.ts'
import { killAtRandom } from './inbound/kill-at-random.ts'
import { publishAll } from './inbound/publish.ts'
import { judge } from './inbound/verdict.ts'
import { connectTo } from './parts/connect-to.ts'
import { settleDown } from './parts/settle-down.ts'
import { withStack } from './parts/with-stack.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  messages: { type: 'string', default: '5000' },
  kills: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '300' },
} as const

/**
 * The same messages told as contract events and as raw upserts together, a fifth of them repeated, while the API and
 * the worker are killed by SIGKILL: each is stored once, in its chat's order, in one ticket per contact.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  return withStack({ simulator: false }, (stack) =>
    proveOn(stack, {
      seed: Number(values.seed),
      messages: Number(values.messages),
      kills: Number(values.kills),
      deadline: Date.now() + Number(values.seconds) * 1_000,
    }),
  )
}

interface Plan {
  seed: number
  messages: number
  kills: number
  deadline: number
}

async function proveOn(stack: Stack, plan: Plan): Promise<number> {
  const published = publishAll(stack, plan)
  const { kills, recoveriesMs } = await killAtRandom(stack, plan, published.done)
  const chats = await published.chats
  const database = await connectTo(stack)
  try {
    await settleDown(database, plan.deadline)
    const verdict = await judge(database, chats)
    return report(plan, kills, recoveriesMs, verdict)
  } finally {
    await database.end()
  }
}

function report(
  { seed, messages }: Plan,
  kills: number,
  recoveriesMs: number[],
  verdict: Awaited<ReturnType<typeof judge>>,
): number {
  console.table(
    Object.fromEntries(Object.entries(verdict).map(([promise, cases]) => [promise, { cases: cases.length }])),
  )
  for (const [promise, cases] of Object.entries(verdict)) {
    for (const one of cases.slice(0, 10)) console.log(`${promise}: ${one}`)
  }
  const sorted = recoveriesMs.toSorted((a, b) => a - b)
  console.log(
    `PROVE ${JSON.stringify({
      name: 'inbound',
      seed,
      messages,
      kills,
      lost: verdict.lost.length,
      duplicated: verdict.duplicated.length,
      outOfOrder: verdict.outOfOrder.length,
      stuck: verdict.stuck.length + verdict.tickets.length,
      recoveryMs: { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
    })}`,
  )
  return Object.values(verdict).every((cases) => cases.length === 0) ? 0 : 1
}
