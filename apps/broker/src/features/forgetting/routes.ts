import { Slug } from '@carteiro/contracts/identifier'
import { ForgetPerson, ForgottenPerson } from '@carteiro/contracts/person'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { instanceDisconnected } from '../../connected-socket.ts'
import type { Dependencies } from '../../dependencies.ts'
import { forgetKeys } from './forget-keys.ts'
import { forgetRows } from './forget-rows.ts'

type Needed = Pick<Dependencies, 'connection' | 'instances' | 'opened' | 'sessions'>

/** Lets go of what is kept of a person who asked for it. Asked again, it finds nothing more. */
export function forgettingRoutes(
  server: HttpServer,
  { connection: { db }, instances, opened, sessions }: Needed,
): void {
  server.post(
    '/instances/:id/forget',
    {
      schema: {
        tags: ['persons'],
        params: z.object({ id: Slug }),
        body: ForgetPerson,
        response: { 200: ForgottenPerson },
      },
    },
    async ({ params: { id }, body }) => {
      const instance = await instances.get(id)
      const rows = await forgetRows(db, id, body)
      const messages = await opened.deleteNaming(id, body)
      const socket = sessions.socket(id)
      const keys = await forgetKeys(db, socket, instance, body.jids)
      // It may have read what was deleted under it. Asked again, it is open, or waits.
      if (!socket && sessions.knowsKeys(id)) throw instanceDisconnected(instance)
      return { ...rows, opened: messages, keys }
    },
  )
}
