import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import type { InstanceView } from '@carteiro/domain/instances/create-instance'
import { findInstance } from '@carteiro/domain/instances/find-instance'

export const instanceNotFound = (id: string) =>
  new Problem('INSTANCE_NOT_FOUND', `There is no instance ${id}.`, { details: { instanceId: id } })

/** @throws Problem INSTANCE_NOT_FOUND, for another tenant's, too */
export async function findOwn(db: Database, tenantId: string, id: string): Promise<InstanceView> {
  const instance = await findInstance(db, { tenantId, id })
  if (!instance) throw instanceNotFound(id)
  return instance
}

/** An instance that a phone is linked to. @throws Problem INSTANCE_NOT_FOUND, UNSUPPORTED_TYPE */
export async function findLinked(db: Database, tenantId: string, id: string): Promise<InstanceView> {
  const instance = await findOwn(db, tenantId, id)
  if (instance.delivery === 'pull') {
    throw new Problem(
      'UNSUPPORTED_TYPE',
      `The session of ${id} is its adapter\u2019s: ask and connect it there.`,
    )
  }
  if (instance.transport === 'baileys') return instance
  throw new Problem(
    'UNSUPPORTED_TYPE',
    `${id} is a number of the Cloud API: it has no session to ask or connect.`,
  )
}
