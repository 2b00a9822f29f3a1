import type { Intent } from '@carteiro/contracts/intent'
import { fileOf } from '@carteiro/contracts/intents/file'
import { Problem } from '@carteiro/contracts/problem'
import { RequestedIntent } from '@carteiro/contracts/requested-intent'
import { type AllowedHosts, refuseMediaUrl } from '@carteiro/runtime/media-url'
import type { z } from 'zod'
import type { JsonObject } from '../json/json-value.ts'
import { deriveIntent } from './derive-intent.ts'

/** One member that is wrong, by its path in the request. */
export interface BodyFault {
  path: string
  message: string
}

const SAY_WHAT = 'say what to send: text, templateCode, mediaUrl, uploadId, or another member of an intent'

/**
 * Reads what is to be sent from the members of an intent; without `intent` it is told by the others. Pure: where a
 * media URL leads is judged by its form, and again when the file is fetched.
 *
 * @param path where the members stand, such as `body.payloadJson`
 * @throws Problem VALIDATION_ERROR with every fault, MEDIA_URL_REFUSED
 */
export function readIntent(content: JsonObject, path: string, allowedHosts: AllowedHosts): Intent {
  const intent = content.intent ?? deriveIntent(content)
  if (intent === undefined) throw invalidBody([{ path: `${path}.intent`, message: SAY_WHAT }])
  const parsed = RequestedIntent.safeParse({ ...content, intent })
  if (!parsed.success)
    throw invalidBody(parsed.error.issues.flatMap((issue) => toFaults(issue, path, intent)))
  refuseMedia(parsed.data, path, allowedHosts)
  return parsed.data
}

/** A body that does not fit, with the one shape of all answers that say so. */
export const invalidBody = (details: BodyFault[]): Problem =>
  new Problem('VALIDATION_ERROR', 'The request does not fit the route; see details.', { details })

/** Members that do not belong are named one by one, each by its own path. */
function toFaults(issue: z.core.$ZodIssue, path: string, intent: unknown): BodyFault[] {
  const at = [path, ...issue.path].join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path: at, message: issue.message }]
  return issue.keys.map((key) => ({ path: `${at}.${key}`, message: `is no member of ${String(intent)}` }))
}

function refuseMedia(intent: Intent, path: string, allowedHosts: AllowedHosts): void {
  const holder = intent.intent === 'proposta' || intent.intent === 'contrato' ? intent.document : intent
  if (!holder || !('mediaUrl' in holder || 'media' in holder)) return
  const { source } = fileOf(holder)
  if (!('url' in source)) return
  const why = refuseMediaUrl(source.url, allowedHosts)
  if (why === undefined) return
  const member = holder.mediaUrl === undefined ? 'media.url' : 'mediaUrl'
  throw new Problem('MEDIA_URL_REFUSED', `The media URL ${why}; name a public address.`, {
    details: [{ path: [path, ...(holder === intent ? [] : ['document']), member].join('.'), message: why }],
  })
}
