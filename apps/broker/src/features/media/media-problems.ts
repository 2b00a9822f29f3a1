import { Problem } from '@carteiro/contracts/problem'

export const mediaGone = () =>
  new Problem('MEDIA_GONE', 'WhatsApp no longer has this file, and its sender did not upload it again.')

export const mediaFetchFailed = (reason: string) =>
  new Problem('MEDIA_FETCH_FAILED', `WhatsApp\u2019s media host did not give the file: ${reason}.`)

export const mediaCorrupt = (reason: string) =>
  new Problem('MEDIA_CORRUPT', `The file is not what its sender sealed. ${reason}`)

export const mediaTooLarge = (maxBytes: number) =>
  new Problem('MEDIA_TOO_LARGE', `The file has more than the ${maxBytes} bytes that MEDIA_MAX_BYTES allows.`)

/** What reading from the network throws, as an answer. */
export function toMediaProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return mediaFetchFailed(errorCode(error))
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
