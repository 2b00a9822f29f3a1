import { MessageView } from '@carteiro/contracts/event'
import { ProblemBody } from '@carteiro/contracts/problem'
import { TicketState, TicketView } from '@carteiro/contracts/ticket'
import { listMessages } from '@carteiro/domain/messages/list-messages'
import { hasTicket } from '@carteiro/domain/tickets/find-ticket'
import { listTickets } from '@carteiro/domain/tickets/list-tickets'
import { readTicket } from '@carteiro/domain/tickets/view'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { listOf, Page } from '../../lists/page.ts'
import { readSearch, SearchText } from '../../lists/search-text.ts'
import { writeVersion } from '../../versions/if-match.ts'
import { byTicket, noTicket } from './no-ticket.ts'

const TicketCursor = z.object({ lastMessageMicros: z.number().int(), id: z.uuid() })
const MessageCursor = z.object({ number: z.number().int() })

/** In a query nothing can be said but text. */
const NONE = 'none'
const orNone = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .union([z.literal(NONE).transform(() => null), schema])
    .optional()
    .describe('or `none`')

const Filter = Page.extend({
  status: TicketState.shape.status.optional(),
  assigneeId: orNone(z.string().min(1).max(200)),
  queueId: orNone(z.uuid()),
  contactId: z.uuid().optional(),
  instanceId: z.string().max(100).optional(),
  unread: z.stringbool().optional(),
  search: SearchText.optional().describe('name or phone of the contact, or words that were written lately'),
})

const documented = (summary: string) => ({ tags: ['tickets'], summary })

/** Tickets, latest activity first, and what was said in them. */
export async function ticketRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  const onRequest = app.authenticate('read')

  app.get(
    '/api/tickets',
    {
      onRequest,
      schema: {
        ...documented('Tickets, latest activity first'),
        querystring: Filter,
        response: { 200: listOf(TicketView) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, search, ...filter } }) => {
      const after = readCursor(TicketCursor, cursor)
      const query = search === undefined ? undefined : readSearch(search, 'search')
      const { items, next } = await listTickets(db, { ...filter, tenantId, after, query })
      return { items, nextCursor: writeCursor(next) }
    },
  )

  app.get(
    '/api/tickets/:id',
    {
      onRequest,
      schema: {
        ...documented('A ticket; its version is the ETag'),
        params: byTicket,
        response: { 200: TicketView, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id } }, reply) => {
      const ticket = await readTicket(db, { tenantId, id })
      if (!ticket) throw noTicket(id)
      return reply.header('etag', writeVersion(ticket.version)).send(ticket)
    },
  )

  app.get(
    '/api/tickets/:id/messages',
    {
      onRequest,
      schema: {
        ...documented('Messages of a ticket, oldest first'),
        params: byTicket,
        querystring: Page,
        response: { 200: listOf(MessageView), 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id }, query: { cursor, limit } }) => {
      if (!(await hasTicket(db, { tenantId, id }))) throw noTicket(id)
      const after = readCursor(MessageCursor, cursor)?.number
      const { items, next } = await listMessages(db, { tenantId, ticketId: id, after, limit })
      return { items, nextCursor: writeCursor(next === null ? null : { number: next }) }
    },
  )
}
