import { createHmac, timingSafeEqual } from 'node:crypto'
import type { CloudInstance } from '@carteiro/domain/instances/find-cloud-instances'

type Headers = Record<string, string | string[] | undefined>

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i
/** Signs in place of a tenant that nobody knows, so that the time of the answer does not tell. */
const NOBODY = { credentials: { appSecrets: ['nobody'] } }

/** Meta's signature of a body; `undefined` when it is missing or malformed. */
export function readSignature(headers: Headers): Buffer | undefined {
  const header = headers['x-hub-signature-256']
  const hex = typeof header === 'string' ? SIGNATURE.exec(header)?.[1] : undefined
  return hex === undefined ? undefined : Buffer.from(hex, 'hex')
}

/** Those among the instances under whose app secret, the present or the former one, these very bytes were signed. */
export function signersOf(
  instances: CloudInstance[],
  signature: Buffer | undefined,
  rawBody: Buffer,
): CloudInstance[] {
  if (signature === undefined) return []
  const verdicts = new Map<string, boolean>()
  for (const { credentials } of [NOBODY, ...instances]) {
    for (const secret of credentials.appSecrets) {
      if (!verdicts.has(secret)) verdicts.set(secret, isSignedWith(secret, signature, rawBody))
    }
  }
  return instances.filter(({ credentials }) =>
    credentials.appSecrets.some((secret) => verdicts.get(secret) === true),
  )
}

const isSignedWith = (secret: string, signature: Buffer, rawBody: Buffer): boolean =>
  timingSafeEqual(createHmac('sha256', secret).update(rawBody).digest(), signature)
