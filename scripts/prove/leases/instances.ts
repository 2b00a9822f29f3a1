import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '../../stack/api-client.ts'
import type { BrokerProcess } from './broker-process.ts'
import { API_KEY, type World } from './world.ts'

export interface Instance {
  id: string
  /** Digits. */
  phone: string
}

const LOOK_MS = 50

export const planInstances = (count: number): Instance[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `instance-${index}`,
    phone: `55119110${String(index).padStart(5, '0')}`,
  }))

/** Makes each instance and lets a phone of its own scan its QR code. */
export async function linkInstances(world: World, broker: BrokerProcess, all: Instance[]): Promise<void> {
  const client = createApiClient(broker.url, API_KEY)
  for (const { id, phone } of all) {
    await client.post('/instances', { id, name: id, tenantId: 'demo' })
    await client.post(`/instances/${id}/connect`)
    for (;;) {
      const { status, body } = await client.get(`/instances/${id}/qr`)
      if (status === 200) {
        await world.simulator.server.linking.scan(phone, body.qr)
        break
      }
      await sleep(LOOK_MS)
    }
    await untilSo(async () => (await client.get(`/instances/${id}`)).body.connected === true, id)
  }
}

/** How many instances each broker holds by the database, and how many of all are open at WhatsApp. */
export async function readShares(world: World): Promise<{ held: Record<string, number>; open: number }> {
  const { rows } = await world.database.query<{ holder: string; held: number }>(`
    select holder, count(*)::int as held from broker.instance_lease where expires_at > now() group by holder`)
  return {
    held: Object.fromEntries(rows.map(({ holder, held }) => [holder, held])),
    open: world.simulator.server.connections().length,
  }
}

const LIMIT_MS = 180_000

/** Looks until it is so. @returns how long it took @throws Error past the limit */
export async function untilSo(isSo: () => Promise<boolean> | boolean, what: string): Promise<number> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > LIMIT_MS)
      throw new Error(`${what}: not so after ${LIMIT_MS / 1000} s`)
    await sleep(LOOK_MS)
  }
  return Math.round(performance.now() - startedAt)
}

/** Until these brokers alone hold all instances, each its share, and all are open. */
export async function untilShared(world: World, brokers: string[], all: Instance[]): Promise<number> {
  const share = Math.ceil(all.length / brokers.length)
  return await untilSo(
    async () => {
      const { held, open } = await readShares(world)
      const counts = brokers.map((id) => held[id] ?? 0)
      const sum = counts.reduce((total, count) => total + count, 0)
      return open === all.length && sum === all.length && counts.every((count) => count <= share)
    },
    `shared by ${brokers.join(', ')}`,
  )
}
