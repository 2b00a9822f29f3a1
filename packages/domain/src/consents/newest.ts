import { type RawBuilder, type Sql, sql } from 'kysely'

type Part = ReturnType<Sql['ref']> | RawBuilder<unknown>

/** SQL of a contact's newest consent for a purpose: the one that rules. What was said last, not what was recorded last. */
export const newestConsent = (tenantId: Part, contactId: Part, purpose: Part) => sql`
  select c.status, c.source, c.at from consent c
  where c.tenant_id = ${tenantId} and c.contact_id = ${contactId} and c.purpose = ${purpose}
  order by c.at desc, c.id desc limit 1`
