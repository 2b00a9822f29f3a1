import type { Queryable } from '@carteiro/database/connect'
import type { CredentialsOwner } from '@carteiro/domain/instances/cloud-credentials'
import { findCloudInstance } from '@carteiro/domain/instances/find-cloud-instances'
import { type Seal, SealError } from '@carteiro/runtime/seal'

export interface FindNumberDependencies {
  db: Queryable
  /** Opens the access tokens; absent while the worker has no key for them. */
  seal: Seal | undefined
}

/** A number that can be spoken for, or what a person must do first. Never log one. */
export type CloudNumber =
  | { status: 'found'; phoneNumberId: string; token: string }
  | { status: 'not_configured'; why: string }
  /** There is no such instance, or it is no number of the Cloud API. */
  | { status: 'not_found' }

/** What Meta is asked with for an instance: its number's id, and the access token that speaks for it. */
export async function findNumber(
  { db, seal }: FindNumberDependencies,
  owner: CredentialsOwner,
): Promise<CloudNumber> {
  if (!seal) return notConfigured('Set CREDENTIALS_ENCRYPTION_KEY for the worker.')
  try {
    const instance = await findCloudInstance({ db, seal }, owner)
    if (!instance) return { status: 'not_found' }
    const { accessToken: token } = instance.credentials
    if (token === undefined) return notConfigured('Give the number an accessToken.')
    return { status: 'found', phoneNumberId: instance.phoneNumberId, token }
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    return notConfigured('The credentials were sealed under another CREDENTIALS_ENCRYPTION_KEY.')
  }
}

const notConfigured = (why: string) => ({ status: 'not_configured' as const, why })
