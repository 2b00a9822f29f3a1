import type { Queryable } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'

/** Who brings a file. */
export interface UploadToBegin {
  tenantId: string
  /** As the audit trail names it. */
  actor: string
  /** What did not come to its end by then is left over, of a process that died. */
  seconds: number
}

/** Writes down that bytes are on their way, before the first one is stored. @returns the upload's id */
export async function beginUpload(
  db: Queryable,
  { tenantId, actor, seconds }: UploadToBegin,
): Promise<string> {
  const id = newId()
  await db
    .insertInto('upload')
    .values({
      tenant_id: tenantId,
      id,
      created_by: actor,
      expires_at: sql<Date>`now() + make_interval(secs => ${seconds})`,
    })
    .execute()
  return id
}
