import { parseArgs } from 'node:util'
import { createLogger } from '@carteiro/runtime/logger'
import type { StormVerdict } from '@carteiro/simulation/faults/test-judge-storm'
import { weatherStorm } from '@carteiro/simulation/faults/test-storm'
import { quietLibsignal } from '@carteiro/simulation/quiet-libsignal'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  /** Each way. */
  messages: { type: 'string', default: '1000' },
  faults: { type: 'string', default: '150' },
  accounts: { type: 'string', default: '4' },
  customers: { type: 'string', default: '12' },
  seconds: { type: 'string', default: '300' },
} as const

/**
 * The simulator under its own faults: real Baileys clients and phones write to each other, and what everybody has in
 * the end is compared with what the server believes.
 *
 * @returns 0 when nothing was lost, nothing shown twice, and the server was right about all of it
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const print = console.log.bind(console)
  quietLibsignal(createLogger('prove', 'silent'))
  const startedAt = Date.now()
  const verdict = await weatherStorm({
    seed: Number(values.seed),
    accounts: Number(values.accounts),
    customers: Number(values.customers),
    messages: Number(values.messages),
    strikes: Number(values.faults),
    deadlineMs: Number(values.seconds) * 1_000,
  })
  const seconds = Math.round((Date.now() - startedAt) / 1_000)
  return report(verdict, { seed: Number(values.seed), faults: Number(values.faults), seconds, print })
}

function report(
  { messages, lost, wrong, disagreed, waiting, repeated }: StormVerdict,
  { print, ...run }: { seed: number; faults: number; seconds: number; print: (line: string) => void },
): number {
  for (const [promise, cases] of Object.entries({ lost, wrong, disagreed })) {
    for (const one of cases.slice(0, 10)) print(`${promise}: ${one}`)
  }
  print(
    `Faults made ${repeated.sends} sends, ${repeated.connections} connections and ${repeated.stanzas} stanzas more than one each.`,
  )
  const counts = { lost: lost.length, wrong: wrong.length, disagreed: disagreed.length, waiting }
  print(`PROVE ${JSON.stringify({ name: 'simulator', ...run, messages, ...counts })}`)
  return Object.values(counts).every((count) => count === 0) ? 0 : 1
}
