import { readRuntime } from '@carteiro/domain/instances/read-runtime'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { addOperations } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { sql } from 'kysely'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'db' | 'registry' | 'broker'>

/** Probes and metrics, with the state of the WhatsApp transport that dashboards in the field look for. */
export async function operationsRoutes(app: HttpServer, { db, registry, broker }: Needs): Promise<void> {
  addOperations(app, {
    registry,
    version: VERSION,
    checks: [{ name: 'database', check: () => sql`select 1`.execute(db) }],
    describe: async () => ({
      storage: 'postgres',
      whatsapp: { runtime: await describeTransport(db, broker) },
    }),
  })
}

async function describeTransport(db: Needs['db'], broker: Needs['broker']) {
  const metrics = await readRuntime(db).catch(() => undefined)
  return {
    mode: 'http',
    transport: 'http',
    status: transportStatus(broker !== undefined, metrics),
    disabled: broker === undefined,
    metrics: metrics ?? {},
  }
}

function transportStatus(configured: boolean, metrics: Awaited<ReturnType<typeof readRuntime>> | undefined) {
  if (!configured) return 'not_configured'
  if (!metrics) return 'down'
  if (metrics.connected === metrics.instances) return 'connected'
  return metrics.connected === 0 ? 'down' : 'degraded'
}
