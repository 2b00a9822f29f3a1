import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 500

/** A process's memory in MiB, the least of some looks, as garbage comes and goes: what its heap and buffers hold, and what the system gave it. */
export async function readMemory(
  apiUrl: string,
  seconds: number,
): Promise<{ used: number; resident: number }> {
  const used: number[] = []
  const resident: number[] = []
  for (let n = 0; n < (seconds * 1_000) / EVERY_MS; n++) {
    const text = await (await fetch(`${apiUrl}/metrics`)).text()
    const read = (name: string) => Number(new RegExp(`^${name} ([\\d.e+]+)`, 'm').exec(text)?.[1] ?? 0)
    used.push(read('nodejs_heap_size_used_bytes') + read('nodejs_external_memory_bytes'))
    resident.push(read('process_resident_memory_bytes'))
    await sleep(EVERY_MS)
  }
  const least = (values: number[]) => Math.round((Math.min(...values) / 1024 / 1024) * 10) / 10
  return { used: least(used), resident: least(resident) }
}
