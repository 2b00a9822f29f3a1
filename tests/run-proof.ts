import { inspect } from 'node:util'
import type { Test } from 'tap'

/** Longer than a proof takes on a machine that has ten times as much to do; it ends as soon as it is through. */
const SECONDS = '200'

/** Runs a proof (scripts/prove) in a small version. When it does not hold, what it told is told. */
export async function runProof(
  t: Test,
  run: (args: string[]) => Promise<number>,
  args: string[],
): Promise<void> {
  const told = t.capture(console, 'log')
  const tables = t.capture(console, 'table')
  const exitCode = await run([...args, '--seconds', SECONDS])
  const lines = [...told(), ...tables()].map((call) =>
    call.args.map((arg: unknown) => (typeof arg === 'string' ? arg : inspect(arg))).join(' '),
  )
  t.equal(exitCode, 0, exitCode === 0 ? 'it holds' : lines.join('\n'))
}
