import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '@carteiro/runtime/logger'
import { giveDownload } from './give-download.ts'
import { CutConnection } from './impede.ts'
import type { MediaFault, MediaFaults } from './media-faults.ts'
import { takeUpload, type UploadDependencies } from './take-upload.ts'

export interface ServeDependencies extends UploadDependencies {
  faults: MediaFaults
  logger: Logger
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  fault: MediaFault | undefined
  gone: AbortSignal
}

/** Answers one request to the media host, whatever it is. */
export async function serveMedia(
  dependencies: ServeDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const way = wayOf(request)
  if (way === undefined) {
    response.writeHead(405, { allow: 'GET, HEAD, POST' }).end()
    return
  }
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  const fault = dependencies.faults.take(way)
  const exchange = { request, response, fault, gone: leaving.signal }
  try {
    if (fault?.kind === 'refuse') response.writeHead(fault.status).end()
    else if (way === 'upload') await answerUpload(dependencies, exchange)
    else await giveDownload(dependencies, exchange)
  } catch (error) {
    // Cut by command, or the client has gone: nobody is left to be answered.
    if (!(error instanceof CutConnection)) dependencies.logger.debug({ err: error, way }, 'media broke off')
    response.destroy()
  }
}

function wayOf({ method }: IncomingMessage): 'upload' | 'download' | undefined {
  if (method === 'POST') return 'upload'
  return method === 'GET' || method === 'HEAD' ? 'download' : undefined
}

async function answerUpload(
  dependencies: ServeDependencies,
  { request, response, fault, gone }: Exchange,
): Promise<void> {
  const answer = await takeUpload(dependencies, { request, fault, gone })
  if (answer.status !== 200) dependencies.logger.info(answer, 'media upload refused')
  const body =
    answer.status === 200
      ? { url: `https://${request.headers.host}${answer.directPath}`, direct_path: answer.directPath }
      : { error: answer.reason }
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
