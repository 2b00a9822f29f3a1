import type { Database } from '@carteiro/database/connect'
import { resolveInstance } from '@carteiro/domain/instances/find-instance'

export interface KnownInstance {
  id: string
  tenantId: string
}

export interface InstanceDirectory {
  /** The instance that a broker means by a name: its id, or one of its aliases. */
  find(name: string): Promise<KnownInstance | undefined>
}

const MAX_ENTRIES = 10_000

/**
 * Remembers for a few seconds which tenant an instance belongs to (that never changes), so that a busy webhook asks
 * the database once. What is unknown is asked every time: it may have just been made.
 *
 * @param keepMs how long an answer is trusted
 */
export function createInstanceDirectory(db: Database, keepMs = 5_000): InstanceDirectory {
  const known = new Map<string, { instance: KnownInstance; until: number }>()
  return {
    find: async (name) => {
      const entry = known.get(name)
      if (entry && entry.until > Date.now()) return entry.instance
      const instance = await resolveInstance(db, name)
      if (known.size >= MAX_ENTRIES) known.clear()
      if (instance) known.set(name, { instance, until: Date.now() + keepMs })
      else known.delete(name)
      return instance
    },
  }
}
