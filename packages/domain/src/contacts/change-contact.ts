import { isDeepStrictEqual } from 'node:util'
import { ATTRIBUTES, type ContactChange, type ContactDetails } from '@carteiro/contracts/contact'
import type { ContactTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { mergePatch } from '../settings/merge-patch.ts'
import { readContact } from './describe-contact.ts'
import { tellContacts } from './view.ts'

export interface ContactChangeRequest {
  tenantId: string
  id: string
  change: ContactChange
  /** The version that the writer has seen; left out, whatever is there is changed. */
  ifVersion?: number | undefined
  actor: string
  requestId: string
}

export type ContactChangeResult =
  | { status: 'changed' | 'unchanged'; contact: ContactDetails }
  | { status: 'not_found' | 'too_many_attributes' }
  /** Somebody changed it meanwhile. */
  | { status: 'stale'; version: number }

type Given = Pick<
  Selectable<ContactTable>,
  'given_name' | 'given_document' | 'given_registrations' | 'attributes'
>

/**
 * Writes what people know of a contact. It stands before what brokers and the customer tell, whenever they tell it; what
 * is taken away lets that show again. What is there already changes nothing.
 */
export async function changeContact(
  dependencies: CommitDependencies,
  request: ContactChangeRequest,
): Promise<ContactChangeResult> {
  return commit(dependencies, async (work): Promise<ContactChangeResult> => {
    const before = await lock(work, request)
    if (!before) return { status: 'not_found' }
    const { ifVersion } = request
    if (ifVersion !== undefined && ifVersion !== before.version)
      return { status: 'stale', version: before.version }
    const given = givenOf(before, request.change)
    if (!isWithinBounds(given.attributes)) return { status: 'too_many_attributes' }
    const isChange = !isDeepStrictEqual(given, givenOf(before, {}))
    if (isChange) await write(work, request, given)
    const contact = await readContact(work.transaction, request)
    return contact ? { status: isChange ? 'changed' : 'unchanged', contact } : { status: 'not_found' }
  })
}

/** Messages of the contact are stored meanwhile: they refer to it, and change none of this. */
const lock = ({ transaction }: UnitOfWork, { tenantId, id }: ContactChangeRequest) =>
  transaction
    .selectFrom('contact')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('erased_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()

const givenOf = (
  before: Given,
  { name, document, registrations, attributes = {} }: ContactChange,
): Given => ({
  given_name: name === undefined ? before.given_name : name,
  given_document: document === undefined ? before.given_document : document,
  given_registrations: registrations === undefined ? before.given_registrations : registrations,
  attributes: mergePatch(before.attributes, attributes),
})

const isWithinBounds = (attributes: Record<string, unknown>): boolean =>
  Object.keys(attributes).length <= ATTRIBUTES.maxCount &&
  Buffer.byteLength(JSON.stringify(attributes)) <= ATTRIBUTES.maxBytes

/** The audit trail cannot be mended: it names what was written, and keeps nothing of it. */
async function write(
  work: UnitOfWork,
  { tenantId, id, change, actor, requestId }: ContactChangeRequest,
  given: Given,
): Promise<void> {
  const row = await work.transaction
    .updateTable('contact')
    .set({
      ...given,
      attributes: JSON.stringify(given.attributes),
      version: sql`version + 1`,
      updated_at: sql`now()`,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning(['tenant_id', 'id', 'name', 'phone', 'kind'])
    .executeTakeFirstOrThrow()
  const { attributes, ...columns } = change
  const details = { fields: Object.keys(columns), attributes: Object.keys(attributes ?? {}) }
  const entity = { entityType: 'contact' as const, entityId: id }
  await recordAudit(work.transaction, [{ tenantId, actor, action: 'UPDATED', ...entity, details, requestId }])
  tellContacts(work, 'contact.updated', [row])
}
