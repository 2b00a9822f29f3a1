import { MessageHit } from '@carteiro/contracts/search'
import { searchMessages } from '@carteiro/domain/search/search-messages'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { listOf, Page } from '../../lists/page.ts'
import { readSearch, SearchText } from '../../lists/search-text.ts'

const PlaceCursor = z.object({ place: z.number().int().min(0) })

/** What was said, by its words. Contacts and tickets are looked for in their lists. */
export async function searchRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/messages/search',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['tickets'],
        summary: 'Messages that hold these words, the newest first',
        querystring: Page.extend({ q: SearchText }),
        response: { 200: listOf(MessageHit) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, limit, q } }) => {
      const after = readCursor(PlaceCursor, cursor)?.place
      const query = readSearch(q, 'q')
      const { items, next } = await searchMessages(db, { tenantId, query, after, limit })
      return { items, nextCursor: writeCursor(next === null ? null : { place: next }) }
    },
  )
}
