import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { NewNote, TicketChange, TicketNote, TicketView } from '@carteiro/contracts/ticket'
import { addNote } from '@carteiro/domain/tickets/add-note'
import { type ChangeResult, changeTicket } from '@carteiro/domain/tickets/change-ticket'
import { markTicketRead } from '@carteiro/domain/tickets/mark-read'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readIfMatch, writeVersion } from '../../versions/if-match.ts'
import { staleVersion } from '../../versions/stale-version.ts'
import { byTicket, noTicket } from './no-ticket.ts'

const documented = (summary: string) => ({ tags: ['tickets'], summary })

/** What people do with a ticket besides answering it. */
export async function ticketActRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  const onRequest = app.authenticate('send')

  app.patch(
    '/api/tickets/:id',
    {
      onRequest,
      schema: {
        ...documented(
          'Close, open again, assign or move a ticket. With If-Match only over the version that you read',
        ),
        params: byTicket,
        headers: z.looseObject({ 'if-match': z.string().optional() }),
        body: TicketChange,
        response: { 200: TicketView, 404: ProblemBody, 409: ProblemBody, 412: ProblemBody },
      },
    },
    async ({ actor, params: { id }, headers, body: change, id: requestId }, reply) => {
      const ifVersion = readIfMatch(headers['if-match'])
      const act = { tenantId: actor.tenantId, id, change, ifVersion, actor: actor.name, requestId }
      const result = await changeTicket(dependencies, act)
      if (!('ticket' in result)) throw refused(result, id)
      return reply.header('etag', writeVersion(result.ticket.version)).send(result.ticket)
    },
  )

  app.post(
    '/api/tickets/:id/read',
    {
      onRequest,
      schema: {
        ...documented('You have read it: nothing in it is unread any more'),
        params: byTicket,
        response: { 204: z.null(), 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id } }, reply) => {
      if (!(await markTicketRead(dependencies, { tenantId, id }))) throw noTicket(id)
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/api/tickets/:id/notes',
    {
      onRequest,
      schema: {
        ...documented('Write a note for your colleagues; the contact never sees it'),
        params: byTicket,
        body: NewNote,
        response: { 201: TicketNote, 404: ProblemBody },
      },
    },
    async ({ actor, params: { id }, body: { text } }, reply) => {
      const note = await addNote(dependencies, { tenantId: actor.tenantId, id, text, actor: actor.name })
      if (!note) throw noTicket(id)
      return reply.status(201).send(note)
    },
  )
}

type Refused = Exclude<ChangeResult, { ticket: unknown }>

function refused(result: Refused, id: string): Problem {
  switch (result.status) {
    case 'not_found':
      return noTicket(id)
    case 'stale':
      return staleVersion(result.version)
    case 'unknown_queue':
      return new Problem('VALIDATION_ERROR', 'Name one of your queues.', {
        details: [{ path: 'body.queueId', message: 'is none of your queues' }],
      })
    case 'other_open':
      return new Problem(
        'IMPOSSIBLE_TRANSITION',
        'The contact has another open ticket on this instance: go on there, or close that one first.',
        { details: { ticketId: result.ticketId } },
      )
    default:
      return result satisfies never
  }
}
