import { Problem } from '@carteiro/contracts/problem'
import type { Dependencies } from '../../dependencies.ts'
import { type AddressedEvents, addressEvents } from './address-events.ts'
import type { InstanceDirectory } from './instance-directory.ts'
import { MAX_EVENTS, type ParsedWebhook, parseWebhook } from './parse-webhook.ts'
import type { VerifySender } from './verify.ts'

export interface PostedBody {
  headers: Record<string, string | string[] | undefined>
  requestId: string
  rawBody: Buffer
}

interface Needs extends Pick<Dependencies, 'config'> {
  verifySender: VerifySender
  directory: InstanceDirectory
}

export type ReadBody = AddressedEvents & Pick<ParsedWebhook, 'ignored'>

/** Who posts, what, and whose it is. @throws Problem when nobody may, or when the body as a whole cannot be read */
export async function readBody(
  { config, verifySender, directory }: Needs,
  { headers, requestId, rawBody }: PostedBody,
): Promise<ReadBody> {
  const sender = await verifySender(headers, rawBody)
  const parsed = parseWebhook(rawBody, {
    rawFallback: config.WHATSAPP_RAW_FALLBACK_ENABLED,
    ownMessages: config.INGEST_OWN_MESSAGES,
  })
  if (parsed === 'not_json') throw new Problem('INVALID_WEBHOOK_JSON', 'The body is not valid JSON.')
  if (parsed === 'too_many') {
    throw new Problem('PAYLOAD_TOO_LARGE', `Send at most ${MAX_EVENTS} events at a time.`)
  }
  const posted = { sender, claimedTenantId: headerOf(headers, 'x-tenant-id'), requestId }
  const { taken, rejected } = await addressEvents(directory, posted, parsed.events)
  const all = [...parsed.rejected, ...rejected].sort((a, b) => a.index - b.index)
  return { taken, ignored: parsed.ignored, rejected: all }
}

/** What a header says; `undefined` where it is missing or empty. */
export function headerOf(headers: PostedBody['headers'], name: string): string | undefined {
  const value = headers[name]
  const text = Array.isArray(value) ? value[0] : value
  return text?.trim() || undefined
}
