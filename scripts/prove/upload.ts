import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { findFreePort } from '../stack/ports.ts'
import type { Stack } from '../stack/start-stack.ts'
import { inspectedAt, inspectMemory, type MemoryReader } from './parts/memory.ts'
import { withStack } from './parts/with-stack.ts'
import { readBack, uploadFile } from './upload/upload-file.ts'

const OPTIONS = {
  megabytes: { type: 'string', default: '100' },
  /** How many files, one after the other. */
  files: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '300' },
} as const

const MIB = 1024 * 1024
const MAX_GROWTH_MIB = 32
const LOOK_EVERY_MS = 20

/**
 * A file is never in an API's memory as a whole: while large files come, what the system gave the process grows by less
 * than 32 MiB; and what comes back is what was sent. How it grows while they are read again is told, too.
 *
 * @returns 0 when every promise held
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const inspectorPort = await findFreePort()
  return withStack({ simulator: false, env: { api: inspectedAt(inspectorPort) } }, async (stack) => {
    const memory = await inspectMemory(inspectorPort)
    try {
      return await proveOn(stack, memory, Number(values.megabytes) * MIB, Number(values.files))
    } finally {
      memory.close()
    }
  })
}

async function proveOn(stack: Stack, memory: MemoryReader, bytes: number, files: number): Promise<number> {
  const api = { url: stack.urls.api, apiKey: stack.apiKey }
  // What any upload needs, whatever its size: code, connections, buffers.
  await readBack((await uploadFile(api, Math.min(bytes, 8 * MIB))).url)
  const faults: string[] = []
  const rows: object[] = []
  for (let file = 1; file <= files; file++) {
    const before = await memory.read()
    const watched = watch(memory)
    const uploaded = await uploadFile(api, bytes)
    const whileWritten = await watched.highest()
    const readAgain = watch(memory)
    const sha256 = await readBack(uploaded.url)
    const whileRead = await readAgain.highest()
    if (sha256 !== uploaded.sha256) faults.push(`file ${file}: other bytes came back`)
    const grown = Math.round((whileWritten - before.resident) * 10) / 10
    if (grown >= MAX_GROWTH_MIB) faults.push(`file ${file}: memory grew by ${grown} MiB`)
    const after = await memory.read()
    rows.push({
      ...{ 'MiB sent': bytes / MIB, 'resident before': before.resident, 'most while written': whileWritten },
      ...{ 'most while read': whileRead, grown, 'resident after': after.resident },
    })
  }
  console.table(rows)
  for (const fault of faults) console.log(`NOT HELD: ${fault}`)
  console.log(faults.length === 0 ? 'every promise held' : `${faults.length} promises did not hold`)
  return faults.length === 0 ? 0 : 1
}

/** Looks again and again until it is asked for the highest that it saw, in MiB. */
function watch(memory: MemoryReader): { highest(): Promise<number> } {
  let most = 0
  const done = new AbortController()
  const looking = (async () => {
    while (!done.signal.aborted) {
      most = Math.max(most, (await memory.look()).resident)
      await sleep(LOOK_EVERY_MS)
    }
  })()
  return {
    highest: async () => {
      done.abort()
      await looking
      return Math.max(most, (await memory.look()).resident)
    },
  }
}
