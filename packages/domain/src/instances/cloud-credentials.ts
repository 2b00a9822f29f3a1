import type { Seal } from '@carteiro/runtime/seal'
import { z } from 'zod'

/** What a Cloud API number is spoken with. Only ever in memory: the database has it sealed. */
export const CloudCredentials = z.object({
  /** The app's secret, then the one before it while both are valid. Meta signs its webhooks with it. */
  appSecrets: z.array(z.string().min(1)).min(1).max(2),
  /** Meta repeats it when it verifies the webhook's address. */
  verifyToken: z.string().min(1),
  /** Speaks for the number to Meta's Graph API; without it no file can be fetched. */
  accessToken: z.string().min(1).optional(),
})
export type CloudCredentials = z.infer<typeof CloudCredentials>

/** Whose credentials they are: bound into the seal, so that no row opens in the place of another. */
export interface CredentialsOwner {
  tenantId: string
  instanceId: string
}

const contextOf = ({ tenantId, instanceId }: CredentialsOwner) =>
  [instanceId, 'cloud credentials', tenantId] as const

/** As the database keeps them. */
export const sealCredentials = (seal: Seal, owner: CredentialsOwner, credentials: CloudCredentials): Buffer =>
  seal.seal(JSON.stringify(credentials), contextOf(owner))

/** @throws SealError when they were sealed under another key, or are another instance's */
export const openCredentials = (seal: Seal, owner: CredentialsOwner, sealed: Uint8Array): CloudCredentials =>
  CloudCredentials.parse(JSON.parse(seal.open(sealed, contextOf(owner)).toString('utf8')))

/** The new secret, and the former one unless it is dropped: what Meta signed before it knew stays valid. */
export function rotateSecret(former: string[], secret: string, keepFormer: boolean): string[] {
  const [previous] = former.filter((known) => known !== secret)
  return keepFormer && previous !== undefined ? [secret, previous] : [secret]
}
