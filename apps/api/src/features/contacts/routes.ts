import { ATTRIBUTES, Contact, ContactChange, ContactDetails } from '@carteiro/contracts/contact'
import { parseRecipient } from '@carteiro/contracts/jid'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type ContactChangeResult, changeContact } from '@carteiro/domain/contacts/change-contact'
import { readContact } from '@carteiro/domain/contacts/describe-contact'
import { listContacts } from '@carteiro/domain/contacts/list-contacts'
import { toE164 } from '@carteiro/domain/contacts/phone'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'
import { readSearch, SearchText } from '../../lists/search-text.ts'
import { readIfMatch, writeVersion } from '../../versions/if-match.ts'
import { staleVersion } from '../../versions/stale-version.ts'
import { byContact, noContact } from './no-contact.ts'

const Filter = Page.extend({
  kind: z.enum(['person', 'group']).optional(),
  search: SearchText.optional(),
  phone: z.string().min(1).max(40).optional().describe('the whole number, however it is written'),
})

const documented = (summary: string) => ({ tags: ['contacts'], summary })

/** Who writes to us, and what people know of them. */
export async function contactRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  const { db } = dependencies
  app.get(
    '/api/contacts',
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('Contacts, those who came last first'),
        querystring: Filter,
        response: { 200: listOf(Contact) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, phone, search, ...filter } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const query = search === undefined ? undefined : readSearch(search, 'search')
      const asked = { ...filter, tenantId, after, query, phone: readPhone(phone) }
      const { items, next } = await listContacts(db, asked)
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.get(
    '/api/contacts/:id',
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('A contact, and whether it may be written to; its version is the ETag'),
        params: byContact,
        response: { 200: ContactDetails, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id } }, reply) => {
      const contact = await readContact(db, { tenantId, id })
      if (!contact) throw noContact(id)
      return reply.header('etag', writeVersion(contact.version)).send(contact)
    },
  )

  app.patch(
    '/api/contacts/:id',
    {
      onRequest: app.authenticate('send'),
      schema: {
        ...documented(
          'Write what you know of a contact: it stands before what the contact tells. With If-Match only over the version that you read',
        ),
        params: byContact,
        headers: z.looseObject({ 'if-match': z.string().optional() }),
        body: ContactChange,
        response: { 200: ContactDetails, 404: ProblemBody, 412: ProblemBody },
      },
    },
    async ({ actor, params: { id }, headers, body: change, id: requestId }, reply) => {
      const ifVersion = readIfMatch(headers['if-match'])
      const act = { tenantId: actor.tenantId, id, change, ifVersion, actor: actor.name, requestId }
      const result = await changeContact(dependencies, act)
      if (!('contact' in result)) throw refused(result, id)
      return reply.header('etag', writeVersion(result.contact.version)).send(result.contact)
    },
  )
}

/** @throws Problem VALIDATION_ERROR when it is no phone number */
function readPhone(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const jid = parseRecipient(text)
  if (jid?.kind === 'phone') return toE164(jid.digits)
  throw new Problem(
    'VALIDATION_ERROR',
    'phone takes a whole number with its country, such as +5511987654321.',
    {
      details: [{ path: 'querystring.phone', message: 'is not a phone number' }],
    },
  )
}

type Refused = Exclude<ContactChangeResult, { contact: unknown }>

function refused(result: Refused, id: string): Problem {
  switch (result.status) {
    case 'not_found':
      return noContact(id)
    case 'stale':
      return staleVersion(result.version)
    case 'too_many_attributes':
      return new Problem(
        'VALIDATION_ERROR',
        `A contact has ${ATTRIBUTES.maxCount} attributes and ${ATTRIBUTES.maxBytes} bytes of them at most: take others away by null.`,
        { details: [{ path: 'body.attributes', message: 'would be too many' }] },
      )
    default:
      return result satisfies never
  }
}
