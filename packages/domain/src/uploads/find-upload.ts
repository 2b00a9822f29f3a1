import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { toUpload, type Upload, type UploadRow, uploadColumns, uploads } from './upload.ts'

/**
 * An upload of a tenant, also one that is over and not deleted yet (`isAlive: false`).
 *
 * @returns `undefined` for one whose bytes are on their way or going, and for another tenant's
 */
export async function findUpload(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<Upload | undefined> {
  const { rows } = await sql<UploadRow>`
    select ${uploadColumns} from ${uploads}
    where u.tenant_id = ${tenantId} and u.id = ${id} and u.state = 'ready'`.execute(db)
  return rows[0] && toUpload(rows[0])
}
