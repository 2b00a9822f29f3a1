import { DeliveryState } from '@carteiro/contracts/delivery'
import { type Jid, parseRecipient } from '@carteiro/contracts/jid'
import { OutboundMessage } from '@carteiro/contracts/outbound-message'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { StorableText } from '@carteiro/contracts/storable-text'
import { listDeliveries, pageDeliveries } from '@carteiro/domain/outbox/list-deliveries'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'

const DossierId = StorableText.min(1).max(200).optional().describe('as it was given: a number or a text')

const Filter = Page.extend({
  dossierId: DossierId,
  status: DeliveryState.optional(),
  to: z.string().min(1).max(100).optional(),
})

/** So far numbered pages are turned: an offset reads what it skips. A list by cursor has no end. */
const MAX_PAGE = 10_000

const NumberedPage = z.object({
  dossierId: DossierId,
  page: z.coerce.number().int().min(0).max(MAX_PAGE).default(0).describe('counted from 0'),
  size: z.coerce.number().int().min(1).max(200).default(20),
})

const NumberedPageAnswer = z.object({
  content: z.array(OutboundMessage),
  page: z.number().int(),
  size: z.number().int(),
  totalElements: z.number().int(),
  totalPages: z.number().int(),
})

/** Outbound messages, newest first: by cursor, or by numbered pages. */
export async function outboundListRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/v1/outbound/messages',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['outbound'],
        summary: 'Outbound messages, newest first',
        querystring: Filter,
        response: { 200: listOf(OutboundMessage), 422: ProblemBody },
      },
    },
    async ({ actor, query }) => {
      const { cursor, to, ...filter } = query
      const { items, next } = await listDeliveries(db, {
        ...filter,
        tenantId: actor.tenantId,
        to: to === undefined ? undefined : readRecipient(to),
        after: readCursor(IdCursor, cursor)?.id,
      })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.get(
    '/api/v1/outbound/messages/paginated',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['outbound'],
        summary: 'A numbered page of outbound messages, newest first',
        querystring: NumberedPage,
        response: { 200: NumberedPageAnswer },
      },
    },
    async ({ actor, query }) => {
      const { page, size } = query
      const { content, totalElements } = await pageDeliveries(db, { ...query, tenantId: actor.tenantId })
      return { content, page, size, totalElements, totalPages: Math.ceil(totalElements / size) }
    },
  )
}

function readRecipient(to: string): Jid {
  const recipient = parseRecipient(to)
  if (recipient) return recipient
  throw new Problem('INVALID_TO', 'to names nobody: give 8 to 15 digits, or a WhatsApp address.', {
    details: [{ path: 'querystring.to', message: 'is not a phone number or WhatsApp address' }],
  })
}
