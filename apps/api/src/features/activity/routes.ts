import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { listAudit } from '@carteiro/domain/audit/list-audit'
import { hasTicket } from '@carteiro/domain/tickets/find-ticket'
import { listActivities } from '@carteiro/domain/timeline/list-activities'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'

/** Words that we write ourselves: what is no such word finds nothing anyway. */
const Word = z
  .string()
  .regex(/^[\w:.@+-]{1,200}$/, 'must be 1 to 200 letters, digits or : . @ + - _')
  .optional()

const AuditEvent = z.object({
  id: z.uuid(),
  actor: z.string(),
  action: z.string(),
  entityType: z.string(),
  entityId: z.string(),
  details: z.record(z.string(), z.unknown()),
  requestId: z.string().nullable(),
  occurredAt: z.iso.datetime(),
})

const Activity = z.object({
  id: z.uuid(),
  type: z.string(),
  ticketId: z.uuid(),
  messageId: z.uuid().nullable(),
  details: z.record(z.string(), z.unknown()),
  occurredAt: z.iso.datetime(),
})

/** What was done, by whom (the audit trail), and what happened in the tickets (their timelines). Newest first. */
export async function activityRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/audit-events',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        tags: ['activity'],
        summary: 'The audit trail, newest first',
        querystring: Page.extend({ entityType: Word, entityId: Word, action: Word, actor: Word }),
        response: { 200: listOf(AuditEvent) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, ...filter } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listAudit(db, { ...filter, tenantId, after })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.get(
    '/api/activities',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['activity'],
        summary: 'What happened in the tickets, newest first',
        querystring: Page.extend({ ticketId: z.uuid().optional(), type: Word }),
        response: { 200: listOf(Activity) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, ...filter } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listActivities(db, { ...filter, tenantId, after })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.get(
    '/api/tickets/:id/timeline',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['tickets'],
        summary: 'What happened in a ticket, newest first',
        params: z.object({ id: z.uuid() }),
        querystring: Page.extend({ type: Word }),
        response: { 200: listOf(Activity), 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id }, query: { cursor, ...filter } }) => {
      if (!(await hasTicket(db, { tenantId, id })))
        throw new Problem('NOT_FOUND', `There is no ticket ${id}.`)
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listActivities(db, { ...filter, tenantId, ticketId: id, after })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )
}
