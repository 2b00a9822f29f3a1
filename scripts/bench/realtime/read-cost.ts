import { setTimeout as sleep } from 'node:timers/promises'

/** A process's memory in KiB, and the seconds of processor that it has used. */
async function read(apiUrl: string): Promise<{ kib: number; cpuSeconds: number }> {
  const text = await (await fetch(`${apiUrl}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} ([\\d.e+]+)`, 'm').exec(text)?.[1] ?? 0)
  return {
    kib: value('process_resident_memory_bytes') / 1024,
    cpuSeconds: value('process_cpu_seconds_total'),
  }
}

/** What a process costs while nothing happens: memory, and the share of a processor over some seconds. */
export async function readCost(apiUrl: string, seconds: number): Promise<{ kib: number; cpuShare: number }> {
  const before = await read(apiUrl)
  await sleep(seconds * 1_000)
  const after = await read(apiUrl)
  return { kib: after.kib, cpuShare: (after.cpuSeconds - before.cpuSeconds) / seconds }
}
