/** No connection was made, so nothing can have been read by the other side. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
/** The other side proved to be somebody else before anything was written. */
const UNTRUSTED = /^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/

/** Whether an HTTP request that failed so cannot have reached the other side: then to send it again is harmless. */
export function wasNeverSent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(wasNeverSent)
  if (!(error instanceof Error) || !('code' in error)) return false
  const code = String(error.code)
  return NEVER_SENT.has(code) || UNTRUSTED.test(code)
}
