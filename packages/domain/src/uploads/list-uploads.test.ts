import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { startDomain } from '../testing/start-domain.ts'
import { selectUploads, type UploadFilter } from './list-uploads.ts'

const { db } = await startDomain(t)
const UPLOADS = 5_000

/** As the planner would go about it. */
async function planOf(filter: Omit<UploadFilter, 'tenantId' | 'limit'>): Promise<string> {
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain (costs off) ${selectUploads({ ...filter, tenantId: 'acme', limit: 50 })}`.execute(db)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

t.test(
  'the uploads of a ticket or a contact are found without a walk through all of the tenant',
  async (t) => {
    await sql`
    insert into upload (tenant_id, id, state, type, media_type, size, sha256, ticket_id, contact_id, created_by, expires_at)
    select 'acme', gen_random_uuid(), 'ready', 'document', 'text/plain', 1, 'a', gen_random_uuid(), gen_random_uuid(),
      'test', now() + interval '1 day' from generate_series(1, ${UPLOADS}::int)`.execute(db)
    await sql`analyze upload`.execute(db)
    t.match(await planOf({ ticketId: newId() }), /upload_of_ticket/)
    t.match(await planOf({ ticketId: newId(), after: newId() }), /upload_of_ticket/)
    t.match(await planOf({ contactId: newId() }), /upload_of_contact/)
  },
)
