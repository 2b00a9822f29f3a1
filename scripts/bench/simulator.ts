import { parseArgs } from 'node:util'
import { createLogger } from '@carteiro/runtime/logger'
import { quietLibsignal } from '@carteiro/simulation/quiet-libsignal'
import { percentiles } from './roundtrip/latencies.ts'
import { measureLogins } from './simulator/login-time.ts'
import { measureMessages } from './simulator/message-cost.ts'

/** What the simulator may take: it must not be what a test waits for. */
const BUDGET = { messageMs: 5, loginsMs: 10_000 }

/** The simulator's own time for a message and its ack, and the time until many linked accounts are logged in. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { count: { type: 'string', default: '300' }, accounts: { type: 'string', default: '100' } },
  })
  const print = console.log.bind(console)
  quietLibsignal(createLogger('bench', 'silent'))
  const message = percentiles(await measureMessages(Number(values.count)))
  const logins = await measureLogins(Number(values.accounts))
  print(`a message and its ack: ${JSON.stringify(message)} ms of the server's own`)
  print(
    `${values.accounts} linked accounts logged in after ${logins.wallMs} ms (${logins.cpuMs} ms of processor time)`,
  )
  print(
    `BENCH ${JSON.stringify({
      name: 'simulator',
      unit: 'ms (p50 of the own time for a message and its ack)',
      ours: message.p50,
      baselines: { budget: BUDGET.messageMs },
      ratios: { budget: Math.round((message.p50 / BUDGET.messageMs) * 100) / 100 },
      latencyMs: message,
      notes: { accounts: Number(values.accounts), logins, loginsBudgetMs: BUDGET.loginsMs },
    })}`,
  )
  return 0
}
