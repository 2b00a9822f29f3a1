import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { findUpload } from '@carteiro/domain/uploads/find-upload'
import { judgeLink } from '@carteiro/domain/uploads/link'
import type { Upload } from '@carteiro/domain/uploads/upload'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { uploadKeyOf } from '@carteiro/storage/keys'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { type FileDependencies, sendFile } from '../../files/send-file.ts'
import { requireSecret } from './to-view.ts'

const PATH = '/api/uploads/:id'

/** What a link carries; all of it, or nothing. */
const Seal = z.object({
  tenant: Slug,
  expires: z.coerce.number().int(),
  signature: z.string().max(100),
})
const Query = Seal.partial().describe('as resourceUrl has them; without them, a key is needed')

const Bytes = z.unknown().meta({
  description: 'The bytes, under the type that was found in them',
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
})

type Asked = FastifyRequest & { params: { id: string }; query: z.output<typeof Query> }

/** The bytes of an upload: by a link, or by a key with the scope `read`. */
export async function readRoute(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'config' | 'db'> & FileDependencies,
): Promise<void> {
  const authenticate = app.authenticate('read')
  const options = {
    // A link needs no key; one that is broken in any way is judged below.
    onRequest: async (request: FastifyRequest) => {
      if (!isLink(request.query)) await authenticate(request)
    },
    // Made below: Fastify's own would read all the bytes, to throw them away.
    exposeHeadRoute: false,
    schema: {
      tags: ['uploads'],
      summary: 'The bytes of an upload, or a part of them',
      description: 'Takes Range, If-Range and If-None-Match. HEAD gives the headers alone.',
      params: z.object({ id: z.uuid().toLowerCase() }),
      querystring: Query,
      response: {
        200: Bytes,
        206: Bytes,
        403: ProblemBody,
        404: ProblemBody,
        410: ProblemBody,
        416: ProblemBody,
      },
    },
  }
  const send = async (asked: Asked, reply: FastifyReply) => {
    const { id } = asked.params
    const tenantId = isLink(asked.query) ? readLink(asked) : asked.actor.tenantId
    const upload = requireAlive(await findUpload(dependencies.db, { tenantId, id }), id)
    const file = { ...upload, id, mimeType: upload.mediaType }
    const key = uploadKeyOf({ tenantId, uploadId: id })
    return sendFile(dependencies, { key, file, of: { tenantId, uploadId: id } }, asked, reply)
  }
  app.get(PATH, options, send)
  app.head(PATH, options, send)

  /** @returns whose upload it opens @throws Problem for a link that opens nothing */
  function readLink({ params, query }: Asked): string {
    const seal = Seal.safeParse(query)
    const secret = requireSecret(dependencies.config.UPLOAD_LINK_SECRET)
    const verdict = seal.success ? judgeLink(secret, params.id, seal.data) : 'invalid'
    if (seal.success && verdict === 'valid') return seal.data.tenant
    const mend = 'read the upload again, which gives a new link.'
    if (verdict === 'expired') throw new Problem('UPLOAD_LINK_EXPIRED', `This link is over; ${mend}`)
    throw new Problem('INVALID_UPLOAD_LINK', `This link is not one of ours; ${mend}`)
  }
}

const isLink = (query: unknown): boolean =>
  typeof query === 'object' && query !== null && ('signature' in query || 'expires' in query)

/** @throws Problem UPLOAD_NOT_FOUND, UPLOAD_EXPIRED */
export function requireAlive(upload: Upload | undefined, id: string): Upload {
  if (!upload) throw new Problem('UPLOAD_NOT_FOUND', `There is no upload ${id}.`)
  if (upload.isAlive) return upload
  throw new Problem('UPLOAD_EXPIRED', 'This upload was not sent in time and goes; upload the file again.')
}
