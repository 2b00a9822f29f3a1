import { createHmac } from 'node:crypto'
import { equalInConstantTime } from '@carteiro/runtime/secret-matcher'

/** Which upload a link opens. */
export interface LinkedUpload {
  tenantId: string
  uploadId: string
}

/** Makes links, each of them anew. */
export type LinkOf = (upload: LinkedUpload) => string

export interface LinkOptions {
  secret: string
  /** Where the API is found, such as `https://inbox.example.com`. */
  baseUrl: string
  /** How long the link opens it. */
  seconds: number
}

/** What a link carries besides the upload's id, which is in its path. */
export interface LinkSeal {
  tenant: string
  /** Epoch seconds. */
  expires: number
  signature: string
}

/** A link that opens an upload's bytes to whoever has it, for a while. */
export function linkTo(
  { tenantId, uploadId }: LinkedUpload,
  { secret, baseUrl, seconds }: LinkOptions,
): { url: string; expiresAt: Date } {
  const expires = Math.floor(Date.now() / 1_000) + seconds
  const url = new URL(`/api/uploads/${uploadId}`, baseUrl)
  url.searchParams.set('tenant', tenantId)
  url.searchParams.set('expires', String(expires))
  url.searchParams.set('signature', signatureOf(secret, { tenantId, uploadId }, expires))
  return { url: url.href, expiresAt: new Date(expires * 1_000) }
}

/** @returns `undefined` without the secret, which no link is made without */
export const createLinkOf = (
  secret: string | undefined,
  options: Omit<LinkOptions, 'secret'>,
): LinkOf | undefined =>
  secret === undefined ? undefined : (upload) => linkTo(upload, { ...options, secret }).url

/** Judges a link. One that is not ours is `invalid`, whatever time it names. */
export function judgeLink(
  secret: string,
  uploadId: string,
  { tenant, expires, signature }: LinkSeal,
): 'valid' | 'invalid' | 'expired' {
  const expected = signatureOf(secret, { tenantId: tenant, uploadId }, expires)
  if (!equalInConstantTime(signature, expected)) return 'invalid'
  return Date.now() < expires * 1_000 ? 'valid' : 'expired'
}

function signatureOf(secret: string, { tenantId, uploadId }: LinkedUpload, expires: number): string {
  const signed = ['upload', tenantId, uploadId, expires].join('\n')
  return createHmac('sha256', secret).update(signed).digest('base64url')
}
