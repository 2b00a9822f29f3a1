import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Database } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { quietLibsignal } from '@carteiro/simulation/quiet-libsignal'
import { type CrashRig, startCrashRig } from '../../apps/broker/src/test-crash-rig.ts'
import { startDatabase } from './commit/start-database.ts'
import { FRIENDS, writeRound } from './commit/write-round.ts'
import { chance } from './outbox/chance.ts'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  kills: { type: 'string', default: '200' },
  seconds: { type: 'string', default: '1200' },
} as const

/** A message takes about forty steps; several at once take more. */
const MAX_STEP = 80

/** What is not told by then never will be. */
const LOST_MS = 120_000

/**
 * The broker is killed by SIGKILL at a step that chance chooses, while people write to it: before it writes to
 * PostgreSQL, WhatsApp or its webhook, or after that and before the answer.
 *
 * @returns 0 when every message was told as it was written, and each could be opened
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const print = console.log.bind(console)
  quietLibsignal(createLogger('prove', 'silent'))
  const plan = {
    seed: Number(values.seed),
    kills: Number(values.kills),
    deadline: Date.now() + Number(values.seconds) * 1_000,
    print,
  }
  const database = await startDatabase()
  const ends: (() => Promise<void>)[] = [database.stop]
  try {
    const rig = await startCrashRig({ teardown: (end) => void ends.push(end) }, database)
    return report(await killInTurn(rig, plan), await judge(rig, database.db), plan)
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

interface Plan {
  seed: number
  kills: number
  deadline: number
  print: (line: string) => void
}

async function killInTurn(rig: CrashRig, { seed, kills, deadline, print }: Plan) {
  const group = await rig.group('5511988887777', FRIENDS)
  const written: string[] = []
  let done = 0
  for (let round = 1; done < kills && Date.now() < deadline; round++) {
    const step = 1 + Math.floor(chance(seed, `${round} step`) * MAX_STEP)
    const when = chance(seed, `${round} when`) < 0.5 ? 'before' : 'after'
    const told = rig.tellThrough({ step, when }, async () => {
      const messages = await writeRound(rig, group, { seed, round })
      written.push(...messages.map(({ id }) => id))
      return messages
    })
    const died = await Promise.race([told, sleep(LOST_MS, 'lost' as const, { ref: false })])
    if (died === 'lost') return { kills: done, written }
    if (died) done += 1
    if (died && done % 20 === 0) print(`${done} kills, ${written.length} messages`)
  }
  await rig.untilSettled()
  return { kills: done, written }
}

/** What the journal holds, by message; and how many the webhook was told of as unreadable. */
async function judge(rig: CrashRig, db: Database) {
  const rows = await db.selectFrom('broker.journal').select(['event_id', 'event']).execute()
  return {
    journalled: new Map(rows.map((row) => [row.event_id, JSON.stringify(row.event)])),
    undecryptable: rig.undecryptable().length,
  }
}

function report(
  { kills, written }: { kills: number; written: string[] },
  { journalled, undecryptable }: { journalled: Map<string, string>; undecryptable: number },
  { seed, print, kills: wanted }: Plan,
): number {
  const lost = written.filter((id) => !journalled.has(id))
  // Everybody writes the id of the message as its text.
  const wrong = written.filter((id) => journalled.get(id)?.includes(`"text":"${id}"`) === false)
  for (const id of [...lost, ...wrong].slice(0, 10)) print(`lost or wrong: ${id}`)
  const counts = { lost: lost.length, wrong: wrong.length, undecryptable }
  print(`PROVE ${JSON.stringify({ name: 'commit', seed, kills, messages: written.length, ...counts })}`)
  return kills === wanted && Object.values(counts).every((count) => count === 0) ? 0 : 1
}
