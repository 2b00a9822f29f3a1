import type { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { mediaFetchFailed } from './media-problems.ts'

/** WhatsApp's media host: what it holds is sealed, and needs no session to be fetched. */
export interface MediaHost {
  /**
   * Redirects are not followed.
   *
   * @returns the sealed bytes and how many they are where the host says so, or `gone`
   * @throws Problem MEDIA_FETCH_FAILED for any other answer; what the network throws as it is
   */
  fetch(location: URL, signal: AbortSignal): Promise<{ body: Readable; bytes: number | undefined } | 'gone'>
  close(): Promise<void>
}

/** 403 is the answer to a path whose signature has expired. */
const GONE = new Set([403, 404, 410])
const TIMEOUTS = { connectTimeout: 5_000, headersTimeout: 10_000, bodyTimeout: 15_000 }
const HEADERS = { origin: 'https://web.whatsapp.com' }

/** @param ca an authority that is trusted instead of the public ones, PEM */
export function createMediaHost(connections: number, ca?: string): MediaHost {
  const connect = ca === undefined ? {} : { ca }
  const agent = new Agent({ ...TIMEOUTS, connections, connect, keepAliveTimeout: 30_000 })
  return {
    async fetch(location, signal) {
      const { statusCode, headers, body } = await request(location, {
        dispatcher: agent,
        headers: HEADERS,
        signal,
      })
      // Whoever reads it hears of its end there; one that nobody reads any more may fail unheard.
      body.on('error', () => undefined)
      if (statusCode === 200) return { body, bytes: readLength(headers['content-length']) }
      body.destroy()
      if (GONE.has(statusCode)) return 'gone'
      throw mediaFetchFailed(`it answered ${statusCode}`)
    },
    close: () => agent.destroy(),
  }
}

function readLength(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined
}
