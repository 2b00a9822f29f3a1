import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { InstanceTable } from '@carteiro/database/tables'
import { nudgeOutbound } from '@carteiro/queue/enqueue'
import type { Queue } from '@carteiro/queue/queue'
import { type Seal, SealError } from '@carteiro/runtime/seal'
import type { Selectable } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { wakeWaiting } from '../outbox/wake-waiting.ts'
import { type CloudCredentials, openCredentials, rotateSecret, sealCredentials } from './cloud-credentials.ts'
import { toInstanceView } from './create-instance.ts'
import { tellInstance } from './tell-instance.ts'

export interface ConnectCloud {
  tenantId: string
  instanceId: string
  /** With it an instance that is not there is made. */
  name?: string | undefined
  phoneNumberId: string
  appSecret: string
  verifyToken: string
  /** Left out, the one before stays. */
  accessToken?: string | undefined
  /** Whether the secret before stays valid beside the new one. */
  keepFormerSecret: boolean
  actor: string
  requestId: string
}

export type ConnectCloudResult =
  | { status: 'connected'; validSecrets: number }
  /** The tenant has no such instance, and no name was given to make one. */
  | { status: 'not_found' }
  /** The id is another tenant's. */
  | { status: 'id_taken' }
  /** Another instance has this number. */
  | { status: 'number_taken' }
  /** It is linked to a phone: two transports under one id would mix two numbers. */
  | { status: 'linked' }

type Row = Pick<Selectable<InstanceTable>, 'transport' | 'status' | 'cloud_credentials'>

/**
 * Makes an instance speak to WhatsApp by Meta's Cloud API, or gives it new credentials. They are sealed; nothing
 * gives them back. What waited for them may leave at once.
 */
export async function connectCloud(
  dependencies: CommitDependencies & { queue: Queue; seal: Seal },
  wanted: ConnectCloud,
): Promise<ConnectCloudResult> {
  try {
    return await commit(dependencies, async (work) => {
      const result = await connect(work.transaction, dependencies.seal, wanted)
      if (result.status === 'connected') await tellConnected(work, dependencies.queue, wanted)
      return result
    })
  } catch (error) {
    if (isTakenNumber(error)) return { status: 'number_taken' }
    throw error
  }
}

async function tellConnected(
  work: UnitOfWork,
  queue: Queue,
  { tenantId, instanceId }: ConnectCloud,
): Promise<void> {
  const row = await work.transaction
    .selectFrom('instance')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', instanceId)
    .executeTakeFirstOrThrow()
  tellInstance(work, toInstanceView(row))
  await wakeWaiting(work, { tenantId, instanceId })
  await nudgeOutbound(queue, work.transaction, [{ tenantId, instanceId }])
}

async function connect(
  transaction: DatabaseTransaction,
  seal: Seal,
  wanted: ConnectCloud,
): Promise<ConnectCloudResult> {
  const { tenantId, instanceId, phoneNumberId, verifyToken } = wanted
  const known = await lockInstance(transaction, wanted)
  if (!known && wanted.name === undefined) return { status: 'not_found' }
  if (known?.transport === 'baileys' && known.status !== 'created') return { status: 'linked' }

  const former = known?.cloud_credentials
    ? formerCredentials(seal, wanted, known.cloud_credentials)
    : undefined
  const appSecrets = rotateSecret(former?.appSecrets ?? [], wanted.appSecret, wanted.keepFormerSecret)
  const accessToken = wanted.accessToken ?? former?.accessToken
  const columns = {
    transport: 'cloud' as const,
    // There is no session that could be away.
    status: 'connected' as const,
    connected: true as const,
    cloud_phone_number_id: phoneNumberId,
    cloud_credentials: sealCredentials(
      seal,
      { tenantId, instanceId },
      { appSecrets, verifyToken, accessToken },
    ),
  }
  if (known) await updateInstance(transaction, wanted, columns)
  else if (!(await insertInstance(transaction, wanted, columns))) return { status: 'id_taken' }

  await recordAudit(transaction, [
    {
      ...wanted,
      action: known ? 'UPDATED' : 'CREATED',
      entityType: 'instance',
      entityId: instanceId,
      details: { transport: 'cloud', phoneNumberId, validSecrets: appSecrets.length },
    },
  ])
  return { status: 'connected', validSecrets: appSecrets.length }
}

type CloudColumns = Pick<InstanceTable, 'cloud_phone_number_id' | 'cloud_credentials'> & {
  transport: 'cloud'
  status: 'connected'
  connected: true
}

const lockInstance = (
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: ConnectCloud,
): Promise<Row | undefined> =>
  transaction
    .selectFrom('instance')
    .select(['transport', 'status', 'cloud_credentials'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', instanceId)
    .forUpdate()
    .executeTakeFirst()

const updateInstance = (
  transaction: DatabaseTransaction,
  { tenantId, instanceId, name }: ConnectCloud,
  columns: CloudColumns,
) =>
  transaction
    .updateTable('instance')
    .set({ ...columns, ...(name === undefined ? {} : { name }), updated_at: new Date() })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', instanceId)
    .execute()

/** @returns whether the id was free */
async function insertInstance(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, name = '' }: ConnectCloud,
  columns: CloudColumns,
): Promise<boolean> {
  const made = await transaction
    .insertInto('instance')
    .values({ ...columns, id: instanceId, tenant_id: tenantId, name })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return made !== undefined
}

/** What is sealed under a key that is gone opens nothing any more, so the new credentials take its place. */
function formerCredentials(seal: Seal, owner: ConnectCloud, sealed: Buffer): CloudCredentials | undefined {
  try {
    return openCredentials(seal, owner, sealed)
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}

const isTakenNumber = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'constraint' in error &&
  error.constraint === 'instance_cloud_phone_number_id_key'
