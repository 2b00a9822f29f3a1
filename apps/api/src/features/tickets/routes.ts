import { MessageView } from '@carteiro/contracts/event'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { TicketView } from '@carteiro/contracts/ticket'
import { listMessages } from '@carteiro/domain/messages/list-messages'
import { hasTicket } from '@carteiro/domain/tickets/find-ticket'
import { listTickets, readTicket } from '@carteiro/domain/tickets/list-tickets'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { listOf, Page } from '../../lists/page.ts'

const TicketCursor = z.object({ lastMessageMicros: z.number().int(), id: z.uuid() })
const MessageCursor = z.object({ number: z.number().int() })

const notFound = (id: string) => new Problem('NOT_FOUND', `There is no ticket ${id}.`)

/** Tickets, latest activity first, and what was said in them. */
export async function ticketRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/tickets',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['tickets'],
        summary: 'Tickets, latest activity first',
        querystring: Page,
        response: { 200: listOf(TicketView) },
      },
    },
    async ({ actor, query }) => {
      const after = readCursor(TicketCursor, query.cursor)
      const { items, next } = await listTickets(db, { tenantId: actor.tenantId, after, limit: query.limit })
      return { items, nextCursor: writeCursor(next) }
    },
  )

  app.get(
    '/api/tickets/:id',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['tickets'],
        summary: 'A ticket',
        params: z.object({ id: z.uuid() }),
        response: { 200: TicketView, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id } }) => {
      const ticket = await readTicket(db, { tenantId, id })
      if (!ticket) throw notFound(id)
      return ticket
    },
  )

  app.get(
    '/api/tickets/:id/messages',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['tickets'],
        summary: 'Messages of a ticket, oldest first',
        params: z.object({ id: z.uuid() }),
        querystring: Page,
        response: { 200: listOf(MessageView), 404: ProblemBody },
      },
    },
    async ({ actor, params, query }) => {
      const ticket = { tenantId: actor.tenantId, id: params.id }
      if (!(await hasTicket(db, ticket))) throw notFound(params.id)
      const after = readCursor(MessageCursor, query.cursor)?.number
      const { items, next } = await listMessages(db, {
        tenantId: actor.tenantId,
        ticketId: params.id,
        after,
        limit: query.limit,
      })
      return { items, nextCursor: writeCursor(next === null ? null : { number: next }) }
    },
  )
}
