import type { Queryable } from '@carteiro/database/connect'
import { findCloudInstance } from '@carteiro/domain/instances/find-cloud-instances'
import { type Seal, SealError } from '@carteiro/runtime/seal'
import type { Graph } from './graph.ts'
import { type FetchByTransport, MediaFetchError, type MediaRequest } from './media-fetcher.ts'

export interface FetchFromGraphDependencies {
  db: Queryable
  /** Opens the access tokens; absent while the worker has no key for them. */
  seal: Seal | undefined
  graph: Pick<Graph, 'locate' | 'open'>
}

/** Meta's are digits; nothing that would be a path. */
const MEDIA_ID = /^[\w-]{1,200}$/

/**
 * Opens files of a Cloud API number: Meta is asked where the file is, and then for its bytes, by the number's own access
 * token. A worker without the key for tokens, and a number without one, are waited for: a person can mend them.
 */
export function fetchFromGraph(dependencies: FetchFromGraphDependencies): FetchByTransport {
  const { graph } = dependencies
  return async (request, signal) => {
    const { id = '' } = request.media
    if (!MEDIA_ID.test(id)) throw new MediaFetchError({ code: 'NO_SOURCE', retriable: false })
    const token = await readToken(dependencies, request)
    return await graph.open(await graph.locate(id, token, signal), token, signal)
  }
}

async function readToken(
  { db, seal }: FetchFromGraphDependencies,
  { tenantId, instanceId }: MediaRequest,
): Promise<string> {
  if (!seal) throw notConfigured('Set CREDENTIALS_ENCRYPTION_KEY for the worker.')
  try {
    const instance = await findCloudInstance({ db, seal }, { tenantId, instanceId })
    if (!instance) throw new MediaFetchError({ code: 'INSTANCE_NOT_FOUND', retriable: false })
    const { accessToken } = instance.credentials
    if (accessToken === undefined) throw notConfigured('Give the number an accessToken.')
    return accessToken
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw notConfigured('The credentials were sealed under another CREDENTIALS_ENCRYPTION_KEY.')
  }
}

const notConfigured = (why: string) =>
  new MediaFetchError({ code: 'NOT_CONFIGURED', retriable: true }, { cause: new Error(why) })
