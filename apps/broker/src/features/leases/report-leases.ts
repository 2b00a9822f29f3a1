import type { Logger } from '@carteiro/runtime/logger'
import { Counter, Gauge, type Registry } from '@carteiro/runtime/metrics'
import type { ClaimedLease } from './lease-acts.ts'

/** The metrics and log lines of leases. */
export function reportLeases(logger: Logger, registry: Registry) {
  const registers = [registry]
  const held = new Gauge({
    name: 'whatsapp_broker_leases_held',
    help: 'Instances that this broker holds',
    registers,
  })
  const changes = new Counter({
    name: 'whatsapp_broker_lease_changes_total',
    help: 'Leases by what happened to them: taken, taken_over from a broker that did not renew, given_up, lost',
    labelNames: ['change'],
    registers,
  })
  return {
    leaseTaken({ instanceId, generation, from }: ClaimedLease): void {
      held.inc()
      changes.inc({ change: from === null ? 'taken' : 'taken_over' })
      logger.info({ instanceId, generation, from }, 'instance taken')
    },
    leaseGivenUp(instanceId: string, reason: string): void {
      held.dec()
      changes.inc({ change: 'given_up' })
      logger.info({ instanceId, reason }, 'instance given up')
    },
    /** @param how `expired`: not renewed in time by this process's own clock; `taken`: another broker has it */
    leaseLost(instanceId: string, how: 'expired' | 'taken'): void {
      held.dec()
      changes.inc({ change: 'lost' })
      logger.warn({ instanceId, how }, 'instance lost, its socket is closed')
    },
    brokerTwin: () =>
      logger.error('another process runs under this BROKER_ID: give each broker an id of its own'),
    leasesAway: (err: unknown) => logger.warn({ err }, 'leases not renewed, trying again'),
    leasesBack: () => logger.info('leases are renewed again'),
    ...reportProxy(logger, registers),
  }
}

function reportProxy(logger: Logger, registers: Registry[]) {
  const proxied = new Counter({
    name: 'whatsapp_broker_proxied_total',
    help: 'Requests passed on to the broker that holds the instance, by how that ended',
    labelNames: ['result'],
    registers,
  })
  /** Brokers that do not answer: told once when it begins. */
  const silent = new Set<string>()
  return {
    proxied(holder: string): void {
      proxied.inc({ result: 'answered' })
      if (silent.delete(holder)) logger.info({ holder }, 'the broker answers again')
    },
    proxyFailed(holder: string, err: unknown): void {
      proxied.inc({ result: 'failed' })
      if (silent.has(holder)) return
      silent.add(holder)
      logger.warn({ holder, err }, 'a broker does not answer requests for the instances that it holds')
    },
  }
}
