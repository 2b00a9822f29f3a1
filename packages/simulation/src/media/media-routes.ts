import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { MediaFault, MediaWay } from './media-faults.ts'
import type { MediaHost } from './start-media-host.ts'

const State = z.object({
  url: z.string(),
  /** Files that are known, the expired ones among them. */
  files: z.number(),
  /** Faults that wait for requests. */
  faults: z.object({ upload: z.number(), download: z.number() }),
})

const AddFault = z.object({
  way: MediaWay,
  fault: MediaFault,
  /** How many requests meet it. */
  times: z.number().int().min(1).max(1_000).default(1),
})

/** One file, or all where none is named. */
const Expire = z.object({ directPath: z.string().min(1).max(4_096).optional() })

/**
 * The media host by command: `GET /media` tells its state, `GET /media/ca.pem` gives the authority to trust,
 * `POST /media/faults` breaks the next requests, `DELETE /media/faults` takes that back, `POST /media/expire` takes
 * files away.
 */
export function addMediaRoutes(server: HttpServer, host: MediaHost): void {
  const schema = { response: { 200: State } }

  server.get('/media', { schema }, async () => stateOf(host))

  server.get('/media/ca.pem', async (_request, reply) =>
    reply.type('application/x-pem-file').send(host.certificate),
  )

  server.post('/media/faults', { schema: { ...schema, body: AddFault } }, async ({ body }) => {
    host.faults.add(body.way, body.fault, body.times)
    return stateOf(host)
  })

  server.delete('/media/faults', { schema }, async () => {
    host.faults.clear()
    return stateOf(host)
  })

  server.post(
    '/media/expire',
    { schema: { body: Expire, response: { 200: z.object({ expired: z.number() }) } } },
    async ({ body: { directPath } }) => {
      if (directPath === undefined) return { expired: host.expireAll() }
      host.expire(directPath)
      return { expired: 1 }
    },
  )
}

const stateOf = ({ url, faults, count }: MediaHost): z.output<typeof State> => ({
  url,
  files: count(),
  faults: { upload: faults.waiting('upload'), download: faults.waiting('download') },
})
