import { EVENT_PAYLOADS } from '@carteiro/contracts/event'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { readEvents } from '@carteiro/domain/events/read'
import type { Actor } from '@carteiro/domain/keys/find-key'
import { hasTicket } from '@carteiro/domain/tickets/find-ticket'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { toEmitted } from '../../live/live-event.ts'
import { createStreams } from './stream.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'live' | 'report'>

const TYPES = Object.keys(EVENT_PAYLOADS)
const MAX_SEQ_DIGITS = 15

/** Written in a URL or a header. */
const SeqText = z
  .string()
  .regex(new RegExp(`^\\d{1,${MAX_SEQ_DIGITS}}$`), 'must be the number of an event, 0 or more')
  .transform(Number)

const Types = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((one) => one.split(',')))
  .refine((types) => types.every((type) => TYPES.includes(type)), `must be of ${TYPES.join(', ')}`)

const Filter = z.object({
  type: Types.optional().describe('only these types; repeated, or with commas between them'),
  ticketId: z.uuid().optional().describe('only what happens in this ticket'),
})
type Filter = z.infer<typeof Filter>

const EmittedEvent = z.looseObject({
  type: z.string(),
  tenantId: z.string(),
  seq: z.number().int(),
  prevSeq: z.number().int(),
  occurredAt: z.iso.datetime(),
})

/** The tenant's event log over HTTP: as a stream, and by pages. */
export async function eventRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { db, live } = dependencies
  const streams = createStreams(dependencies)
  app.addHook('preClose', async () => live.hub.stop())

  const requireTicket = async ({ tenantId }: Actor, { ticketId }: Filter) => {
    if (ticketId === undefined || (await hasTicket(db, { tenantId, id: ticketId }))) return
    throw new Problem('NOT_FOUND', `There is no ticket ${ticketId}.`)
  }

  app.get(
    '/api/events/stream',
    {
      config: { isStream: true },
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['events'],
        summary:
          'What happens, as it happens (server-sent events); after Last-Event-ID what was missed comes first',
        querystring: Filter.extend({ lastEventId: SeqText.optional() }),
        headers: z.looseObject({ 'last-event-id': SeqText.optional() }),
        response: { 404: ProblemBody, 409: ProblemBody, 429: ProblemBody },
      },
    },
    async ({ actor, query, headers }, reply) => {
      await requireTicket(actor, query)
      const lastSeq = headers['last-event-id'] ?? query.lastEventId
      await streams.open({ actor, reply, lastSeq, wants: (event) => isWanted(event, query) })
    },
  )

  app.get(
    '/api/events',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['events'],
        summary: 'Events after a number, oldest first',
        querystring: Filter.extend({
          after: SeqText.default(0).describe(
            'the last number that you have, or nextAfter of the page before',
          ),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: {
          200: z.object({
            items: z.array(EmittedEvent),
            nextAfter: z.number().int().nullable().describe('after of the next page; null at the end'),
            truncated: z
              .object({ from: z.number().int(), to: z.number().int() })
              .nullable()
              .describe('numbers that are older than what is kept'),
          }),
          404: ProblemBody,
          409: ProblemBody,
        },
      },
    },
    async ({ actor, query }) => {
      await requireTicket(actor, query)
      const { after, limit } = query
      const { tenantId } = actor
      const newest = await live.hub.requireReached(tenantId, after)
      const scanned = await readEvents(db, { tenantId, after, limit: limit + 1 })
      const page = scanned.slice(0, limit)
      const first = page[0]?.seq ?? newest + 1
      let prevSeq = first - 1
      const items = page
        .filter((event) => isWanted(event, query))
        .map((event) => {
          const item = { type: event.type, ...toEmitted(event, prevSeq) }
          prevSeq = event.seq
          return item
        })
      return {
        items,
        nextAfter: scanned.length > limit ? (page.at(-1)?.seq ?? null) : null,
        truncated: first > after + 1 ? { from: after + 1, to: first - 1 } : null,
      }
    },
  )
}

const isWanted = (event: { type: string; ticketId: string | null }, { type, ticketId }: Filter): boolean =>
  (type === undefined || type.includes(event.type)) && (ticketId === undefined || ticketId === event.ticketId)
