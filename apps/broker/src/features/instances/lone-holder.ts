import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { HeldLease } from '../../held-lease.ts'
import type { InstanceHolder } from './instance-acts.ts'
import type { WantedInstance } from './instances.ts'

export interface LoneHolderOptions {
  db: Database
  sessions: {
    start(instance: WantedInstance, lease: HeldLease): void
    stop(id: string, reason: string): Promise<void>
  }
}

/** A broker that is alone: it takes every instance that it wants. */
export function createLoneHolder({ db, sessions }: LoneHolderOptions): InstanceHolder {
  const held = new Map<string, HeldLease>()
  const { signal } = new AbortController()

  async function takeLease({ id }: WantedInstance): Promise<HeldLease> {
    const generation = sql<number>`nextval('broker.lease_generation')`
    const expiresAt = sql<Date>`now() + interval '1 hour'`
    const row = await db
      .insertInto('broker.instance_lease')
      .values({ instance_id: id, holder: 'alone', expires_at: expiresAt })
      .onConflict((conflict) =>
        conflict.column('instance_id').doUpdateSet({ generation, holder: 'alone', expires_at: expiresAt }),
      )
      .returning('generation')
      .executeTakeFirstOrThrow()
    return { instanceId: id, generation: String(row.generation), signal }
  }

  return {
    async take(instance) {
      const lease = held.get(instance.id) ?? (await takeLease(instance))
      held.set(instance.id, lease)
      sessions.start(instance, lease)
    },
    async giveUp(instanceId, reason) {
      await sessions.stop(instanceId, reason)
      held.delete(instanceId)
    },
  }
}
