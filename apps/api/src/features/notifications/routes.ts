import { Notification, Snooze } from '@carteiro/contracts/notification'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import {
  readNotification,
  snoozeNotification,
  unsnoozeNotification,
} from '@carteiro/domain/notifications/act-on-notification'
import { listNotifications } from '@carteiro/domain/notifications/list-notifications'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'

const BASE = '/api/notifications'
const params = z.object({ id: z.uuid() })
const response = { 200: Notification, 404: ProblemBody }

const documented = (summary: string) => ({ tags: ['notifications'], summary })

/** What somebody should look at. */
export async function notificationRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  const onRequest = app.authenticate('read')

  app.get(
    BASE,
    {
      onRequest,
      schema: {
        ...documented('Notifications, the newest first; those that are snoozed only when asked for'),
        querystring: Page.extend({
          unread: z.stringbool().optional(),
          snoozed: z.stringbool().optional(),
        }),
        response: { 200: listOf(Notification) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, ...filter } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listNotifications(dependencies.db, { ...filter, tenantId, after })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.post(
    `${BASE}/:id/read`,
    { onRequest, schema: { ...documented('You have read it'), params, response } },
    async ({ actor: { tenantId }, params: { id } }) =>
      found(await readNotification(dependencies, { tenantId, id }), id),
  )

  app.post(
    `${BASE}/:id/snooze`,
    { onRequest, schema: { ...documented('Hide it until then'), params, body: Snooze, response } },
    async ({ actor: { tenantId }, params: { id }, body: { until } }) =>
      found(await snoozeNotification(dependencies, { tenantId, id, until }), id),
  )

  app.post(
    `${BASE}/:id/unsnooze`,
    { onRequest, schema: { ...documented('Show it again'), params, response } },
    async ({ actor: { tenantId }, params: { id } }) =>
      found(await unsnoozeNotification(dependencies, { tenantId, id }), id),
  )
}

/** @throws Problem NOTIFICATION_NOT_FOUND */
function found(notification: Notification | undefined, id: string): Notification {
  if (notification) return notification
  throw new Problem('NOTIFICATION_NOT_FOUND', `There is no notification ${id}.`)
}
