/** The codes that brokers write, ours among them. */
const WRITTEN = {
  RATE_LIMITED: ['TOO_MANY_REQUESTS', 'RATE_LIMIT', 'RATE_LIMIT_EXCEEDED', 'RATE_OVERLIMIT'],
  BROKER_TIMEOUT: ['SEND_TIMEOUT', 'TIMEOUT', 'TIMED_OUT', 'REQUEST_TIMEOUT', 'GATEWAY_TIMEOUT'],
  INSTANCE_NOT_CONNECTED: [
    ...['INSTANCE_DISCONNECTED', 'NOT_CONNECTED', 'DISCONNECTED', 'SESSION_DISCONNECTED'],
    ...['SESSION_NOT_CONNECTED', 'SESSION_CLOSED', 'CONNECTION_CLOSED'],
  ],
  INVALID_TO: ['INVALID_RECIPIENT', 'INVALID_PHONE', 'INVALID_NUMBER', 'INVALID_JID'],
  UNSUPPORTED_OPERATION: ['UNSUPPORTED_TYPE', 'UNSUPPORTED', 'NOT_SUPPORTED', 'NOT_IMPLEMENTED'],
  TRANSPORT_NOT_CONFIGURED: ['WHATSAPP_NOT_CONFIGURED', 'NOT_CONFIGURED', 'BROKER_NOT_CONFIGURED'],
  BROKER_AUTH: ['INVALID_API_KEY', 'UNAUTHORIZED', 'FORBIDDEN', 'INSUFFICIENT_SCOPE'],
  UNKNOWN_ERROR: ['UNKNOWN', 'ERROR'],
} satisfies Record<string, readonly string[]>

/** What can go wrong with a broker, in the words that callers and dashboards know. */
export type CanonicalCode = keyof typeof WRITTEN

const isCanonical = (code: string): code is CanonicalCode => Object.hasOwn(WRITTEN, code)

const BY_WRITTEN = new Map<string, CanonicalCode>(
  Object.entries(WRITTEN).flatMap(([canonical, others]) =>
    isCanonical(canonical) ? [canonical, ...others].map((code) => [code, canonical] as const) : [],
  ),
)

/** @returns `undefined` for a code that says more than any of these */
export const canonicalCode = (written: string | undefined): CanonicalCode | undefined =>
  written === undefined ? undefined : BY_WRITTEN.get(written.toUpperCase().replace(/[^A-Z0-9]+/g, '_'))

/** What an answer's HTTP status says, where it has no code. */
export function codeOfStatus(status: number): CanonicalCode {
  switch (status) {
    case 401:
    case 403:
      return 'BROKER_AUTH'
    case 405:
    case 501:
      return 'UNSUPPORTED_OPERATION'
    case 408:
    case 504:
      return 'BROKER_TIMEOUT'
    case 429:
      return 'RATE_LIMITED'
    default:
      return 'UNKNOWN_ERROR'
  }
}
