import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { type GraphClient, parseJson, readText } from '../../graph/graph-client.ts'
import { toGraphFault } from './graph-fault.ts'
import { type FetchedMedia, MediaFetchError } from './media-fetcher.ts'

/** The files of Meta's Graph API. All throw MediaFetchError, or the signal's reason. */
export interface MediaGraph {
  /** Where a file can be fetched for the next 5 minutes. */
  locate(mediaId: string, token: string, signal: AbortSignal): Promise<LocatedMedia>
  /** Fetches it there; the token goes to hosts of Meta's alone. */
  open(location: LocatedMedia, token: string, signal: AbortSignal): Promise<FetchedMedia>
}

const LocatedMedia = z.object({
  url: z.url(),
  mime_type: z.string().nullable().catch(null),
  file_size: z.coerce.number().int().nonnegative().nullable().catch(null),
})
export type LocatedMedia = z.infer<typeof LocatedMedia>

const MAX_REDIRECTS = 3

export function createMediaGraph(graph: GraphClient): MediaGraph {
  async function ask(url: URL, token: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    if (!graph.isTrusted(url)) throw new MediaFetchError({ code: 'HOST_NOT_ALLOWED', retriable: false })
    try {
      return await graph.ask(url, { token, signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw new MediaFetchError({ code: 'GRAPH_UNREACHABLE', retriable: true }, { cause })
    }
  }

  return {
    async locate(mediaId, token, signal) {
      const response = await ask(graph.at(encodeURIComponent(mediaId)), token, signal)
      if (response.statusCode !== 200) throw await refusal(response)
      const located = LocatedMedia.safeParse(parseJson(await readText(response.body)))
      if (!located.success) throw new MediaFetchError({ code: 'GRAPH_ERROR', retriable: true })
      return located.data
    },
    async open({ url, mime_type: contentType, file_size: size }, token, signal) {
      let location = new URL(url)
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const response = await ask(location, token, signal)
        if (response.statusCode === 200) return { body: response.body, contentType, size }
        const next = redirectOf(response, location)
        if (!next) throw await refusal(response)
        discard(response.body)
        location = next
      }
      throw new MediaFetchError({ code: 'GRAPH_ERROR', retriable: false })
    },
  }
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | undefined {
  const { location } = headers
  if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string') return undefined
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined
}

async function refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<MediaFetchError> {
  const text = await readText(body)
  return new MediaFetchError(toGraphFault({ status: statusCode, text, retryAfter: headers['retry-after'] }))
}

function discard(body: Readable): void {
  body.on('error', () => undefined).destroy()
}
