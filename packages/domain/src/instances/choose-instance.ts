import type { Queryable } from '@carteiro/database/connect'
import { listInstances } from './find-instance.ts'

export type ChosenInstance =
  | { status: 'chosen'; instanceId: string }
  | { status: 'instance_not_found' }
  | { status: 'instance_required'; instanceIds: string[] }

/** The instance that a request names, or the tenant's only one. */
export async function chooseInstance(
  db: Queryable,
  { tenantId, instanceId }: { tenantId: string; instanceId?: string | undefined },
): Promise<ChosenInstance> {
  const instanceIds = (await listInstances(db, tenantId)).map((instance) => instance.id)
  if (instanceId !== undefined) {
    return instanceIds.includes(instanceId)
      ? { status: 'chosen', instanceId }
      : { status: 'instance_not_found' }
  }
  const [only, ...others] = instanceIds
  return only !== undefined && others.length === 0
    ? { status: 'chosen', instanceId: only }
    : { status: 'instance_required', instanceIds }
}
