import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { CreatedUpload, UploadFields, UploadView } from '@carteiro/contracts/upload'
import { forgetUpload, giveUpUpload } from '@carteiro/domain/uploads/delete-upload'
import { findUpload } from '@carteiro/domain/uploads/find-upload'
import { listUploads } from '@carteiro/domain/uploads/list-uploads'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { uploadKeyOf } from '@carteiro/storage/keys'
import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'
import { FORM_LIMITS } from './read-form.ts'
import { readRoute, requireAlive } from './read-route.ts'
import { type ReceiveNeeds, receiveUpload } from './receive-upload.ts'
import { createScanner } from './scan-upload.ts'
import { requireSecret, toView } from './to-view.ts'

type Needs = Omit<ReceiveNeeds, 'scanner'> & Parameters<typeof readRoute>[1]

const ONE = '/api/whatsapp/uploads/:id'
const params = z.object({ id: z.uuid().toLowerCase() })
const File = z.unknown().meta({ type: 'string', format: 'binary' })

/** Files that are brought before they are sent. */
export async function uploadRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { config, db, report, storage } = dependencies
  const receiving = { ...dependencies, scanner: createScanner(config) }
  // The form is read as it comes, by receiveUpload; names are judged whole, with what would be folders.
  await app.register(multipart, { limits: FORM_LIMITS, preservePath: true, throwFileSizeLimit: false })

  app.post(
    '/api/whatsapp/uploads',
    {
      onRequest: app.authenticate('send'),
      // The body is no object: it is read as a stream, and its fields by the same schema.
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        tags: ['uploads'],
        summary: 'Bring a file, to send it by its uploadId',
        consumes: ['multipart/form-data'],
        body: UploadFields.extend({ file: File }),
        response: {
          201: CreatedUpload,
          404: ProblemBody,
          408: ProblemBody,
          413: ProblemBody,
          415: ProblemBody,
          422: ProblemBody,
          503: ProblemBody,
        },
      },
    },
    async (request, reply) => {
      requireSecret(config.UPLOAD_LINK_SECRET)
      const upload = await counted(receiving, request)
      return reply.status(201).send(toView(config, request, upload))
    },
  )

  app.get(
    '/api/uploads',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['uploads'],
        summary: 'Uploads that can be sent, newest first, each with a new link',
        querystring: Page.extend({ ticketId: z.uuid().optional(), contactId: z.uuid().optional() }),
        response: { 200: listOf(UploadView), 503: ProblemBody },
      },
    },
    async (request) => {
      const { cursor, ...filter } = request.query
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listUploads(db, { ...filter, tenantId: request.actor.tenantId, after })
      return {
        items: items.map((upload) => toView(config, request, upload)),
        nextCursor: writeCursor(next === null ? null : { id: next }),
      }
    },
  )

  app.get(
    ONE,
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['uploads'],
        summary: 'What is known of an upload, with a new link',
        params,
        response: { 200: UploadView, 404: ProblemBody, 410: ProblemBody, 503: ProblemBody },
      },
    },
    async (request) => {
      const { id } = request.params
      const found = await findUpload(db, { tenantId: request.actor.tenantId, id })
      return toView(config, request, requireAlive(found, id))
    },
  )

  app.delete(
    ONE,
    {
      onRequest: app.authenticate('send'),
      schema: {
        tags: ['uploads'],
        summary: 'Delete an upload that no message has',
        params,
        response: { 204: z.undefined(), 404: ProblemBody, 409: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name: actor }, params: { id }, id: requestId }, reply) => {
      const result = await giveUpUpload(db, { tenantId, id })
      if (result === 'not_found') throw new Problem('UPLOAD_NOT_FOUND', `There is no upload ${id}.`)
      if (result === 'in_use') {
        throw new Problem(
          'UPLOAD_IN_USE',
          'A message has this upload, or took it a moment ago: it stays with it.',
        )
      }
      await storage.delete(uploadKeyOf({ tenantId, uploadId: id }))
      await forgetUpload(db, { tenantId, id, actor, requestId })
      report.uploadDeleted({ requestId, tenantId, uploadId: id })
      return reply.status(204).send(undefined)
    },
  )

  await readRoute(app, dependencies)
}

async function counted(needs: ReceiveNeeds, request: FastifyRequest) {
  const { tenantId } = request.actor
  try {
    const upload = await receiveUpload(needs, request)
    const { uploadId, size } = upload
    needs.report.uploadKept({ requestId: request.id, tenantId, uploadId, size })
    return upload
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'INTERNAL_ERROR'
    needs.report.uploadRefused({ requestId: request.id, tenantId, code })
    throw error
  }
}
