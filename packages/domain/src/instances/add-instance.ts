import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { createInstance } from './create-instance.ts'
import { tellInstance } from './tell-instance.ts'

/** Makes an instance, as `createInstance` does, tells of it, and writes down who made it. */
export async function addInstance(
  dependencies: CommitDependencies,
  instance: Parameters<typeof createInstance>[1],
  by: { actor: string; requestId?: string },
): ReturnType<typeof createInstance> {
  return commit(dependencies, async (work) => {
    const made = await createInstance(work.transaction, instance)
    if (made.status === 'exists') return made
    const { id, tenantId, name } = made.instance
    await recordAudit(work.transaction, [
      { ...by, tenantId, action: 'CREATED', entityType: 'instance', entityId: id, details: { name } },
    ])
    tellInstance(work, made.instance)
    return made
  })
}
