import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { createInstance } from './create-instance.ts'
import { tellInstance } from './tell-instance.ts'

/** Makes an instance, as `createInstance` does, and tells of it. */
export async function addInstance(
  dependencies: CommitDependencies,
  instance: Parameters<typeof createInstance>[1],
): ReturnType<typeof createInstance> {
  return commit(dependencies, async (work) => {
    const made = await createInstance(work.transaction, instance)
    if (made.status === 'created') tellInstance(work, made.instance)
    return made
  })
}
