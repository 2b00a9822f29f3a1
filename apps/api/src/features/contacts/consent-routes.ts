import { Consent, ConsentStanding, Purpose, RecordConsent } from '@carteiro/contracts/consent'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { listConsents, readConsent } from '@carteiro/domain/consents/read-consents'
import { recordConsent } from '@carteiro/domain/consents/record-consent'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'
import { byContact, noContact } from './no-contact.ts'

const byPurpose = byContact.extend({ purpose: Purpose })
const documented = (summary: string) => ({ tags: ['contacts'], summary })

/** Clocks of senders and ours may differ by so much. */
const CLOCK_SKEW_MS = 5 * 60_000

/** What a contact agreed to be written to for: asked when a message is queued, and again when it is sent. */
export async function consentRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  const { db } = dependencies
  app.get(
    '/api/contacts/:id/consents',
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('What a contact said about being written to, newest first'),
        params: byContact,
        querystring: Page.extend({ purpose: Purpose.optional() }),
        response: { 200: listOf(Consent), 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id }, query: { cursor, ...filter } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const list = await listConsents(db, { ...filter, tenantId, contactId: id, after })
      if (!list) throw noContact(id)
      return { items: list.items, nextCursor: writeCursor(list.next === null ? null : { id: list.next }) }
    },
  )

  app.get(
    '/api/contacts/:id/consents/:purpose',
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('Whether a contact may be written to, and what it said last'),
        params: byPurpose,
        response: { 200: ConsentStanding, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id, purpose } }) => {
      const standing = await readConsent(db, { tenantId, contactId: id, purpose })
      if (!standing) throw noContact(id)
      return standing
    },
  )

  app.put(
    '/api/contacts/:id/consents/:purpose',
    {
      onRequest: app.authenticate('send'),
      schema: {
        ...documented('Record what a contact said: the newest word rules, and the others are kept'),
        params: byPurpose,
        body: RecordConsent,
        response: { 200: ConsentStanding, 404: ProblemBody },
      },
    },
    async ({ actor, params: { id, purpose }, body: { status, source, at }, id: requestId }) => {
      const standing = await recordConsent(dependencies, {
        tenantId: actor.tenantId,
        contactId: id,
        ...{ purpose, status, source },
        at: at === undefined ? undefined : readPast(at),
        actor: actor.name,
        requestId,
      })
      if (!standing) throw noContact(id)
      return standing
    },
  )
}

/** A word of tomorrow would outlast what is said today. */
function readPast(at: string): Date {
  const date = new Date(at)
  if (date.getTime() <= Date.now() + CLOCK_SKEW_MS) return date
  throw new Problem(
    'VALIDATION_ERROR',
    'at tells when it was said: leave it out, or give a time that is past.',
    {
      details: [{ path: 'body.at', message: 'lies ahead' }],
    },
  )
}
