import { Readable } from 'node:stream'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { exportPerson } from '@carteiro/domain/persons/export-person'
import { recordExport } from '@carteiro/domain/persons/record-export'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const Person = z.unknown().meta({
  description: 'Members are named as the tables name them',
  content: {
    'application/json': {
      schema: { type: 'object', properties: { complete: { const: true } }, additionalProperties: true },
    },
  },
})

/** Rows that are read ahead of a client that reads slowly. */
const READ_AHEAD = 16

/** Answers who asks what is held of a person. */
export async function exportRoute(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/contacts/:id/export',
    {
      onRequest: app.authenticate('admin'),
      exposeHeadRoute: false,
      schema: {
        tags: ['contacts'],
        summary: 'All that is held of a contact, as one JSON object',
        description: 'Written as it is read. Its last member is complete: without it, it was broken off.',
        params: z.object({ id: z.uuid().toLowerCase() }),
        response: { 200: Person, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name }, params: { id: contactId }, id: requestId }, reply) => {
      const person = await recordExport({ db }, { tenantId, contactId, actor: name, requestId })
      if (!person) throw new Problem('NOT_FOUND', `There is no contact ${contactId}.`)
      const text = Readable.from(exportPerson(db, person), { highWaterMark: READ_AHEAD })
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('content-disposition', `attachment; filename="contact-${contactId}.json"`)
        .header('cache-control', 'no-store')
        .send(text)
    },
  )
}
