import { z } from 'zod'

/** Every code an answer of Carteiro may carry, with the HTTP status it usually travels under. */
export const PROBLEM_STATUS = {
  BAD_REQUEST: 400,
  UNKNOWN_COMMAND: 400,
  INVALID_JSON: 400,
  INVALID_WEBHOOK_JSON: 400,
  VALIDATION_ERROR: 400,
  INVALID_PAYLOAD: 400,
  INVALID_MULTIPART: 400,
  INVALID_API_KEY: 401,
  INVALID_SIGNATURE: 401,
  INVALID_TOKEN: 401,
  INSUFFICIENT_SCOPE: 403,
  INVALID_UPLOAD_LINK: 403,
  INVALID_VERIFY_TOKEN: 403,
  TENANT_MISMATCH: 403,
  NOT_FOUND: 404,
  INSTANCE_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  MEDIA_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  NOTIFICATION_NOT_FOUND: 404,
  QR_NOT_AVAILABLE: 404,
  QUEUE_NOT_FOUND: 404,
  TEMPLATE_NOT_FOUND: 404,
  UPLOAD_NOT_FOUND: 404,
  UPLOAD_TIMEOUT: 408,
  IDEMPOTENCY_KEY_MISMATCH: 409,
  IDEMPOTENCY_KEY_REQUIRED: 409,
  IMPOSSIBLE_TRANSITION: 409,
  INSTANCE_ALREADY_EXISTS: 409,
  INSTANCE_DISCONNECTED: 409,
  INSTANCE_NOT_PULLED: 409,
  INSTANCE_REQUIRED: 409,
  MEDIA_PENDING: 409,
  QUEUE_ALREADY_EXISTS: 409,
  QUEUE_IN_USE: 409,
  SEQ_NOT_REACHED: 409,
  TOO_MANY_QUEUES: 409,
  UPLOAD_IN_USE: 409,
  MEDIA_FAILED: 410,
  MEDIA_GONE: 410,
  UPLOAD_EXPIRED: 410,
  UPLOAD_LINK_EXPIRED: 410,
  STALE_VERSION: 412,
  MEDIA_TOO_LARGE: 413,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  INSTANCE_ELSEWHERE: 421,
  BLOCKED_BY_POLICY: 422,
  FILE_EMPTY: 422,
  FILE_INFECTED: 422,
  FILE_NOT_WHAT_IT_SAYS: 422,
  FILE_UNSAFE: 422,
  INVALID_TO: 422,
  MEDIA_URL_REFUSED: 422,
  MESSAGE_WITHOUT_MEDIA: 422,
  NO_EVENT_ACCEPTED: 422,
  RECIPIENT_NOT_ON_WHATSAPP: 422,
  UNSUPPORTED_TYPE: 422,
  UPLOAD_OF_OTHER_TYPE: 422,
  ACCOUNT_RESTRICTED: 423,
  WHATSAPP_CIRCUIT_OPEN: 423,
  RATE_LIMITED: 429,
  TOO_MANY_CONNECTIONS: 429,
  TOO_MANY_ROOMS: 429,
  INTERNAL_ERROR: 500,
  BROKER_ERROR: 502,
  MEDIA_CORRUPT: 502,
  MEDIA_FETCH_FAILED: 502,
  DATABASE_UNAVAILABLE: 503,
  JOBS_NOT_CONFIGURED: 503,
  QUEUE_FULL: 503,
  SCANNER_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  STORAGE_UNAVAILABLE: 503,
  UPLOADS_NOT_CONFIGURED: 503,
  WHATSAPP_NOT_CONFIGURED: 503,
  SEND_TIMEOUT: 504,
} as const

export type ProblemCode = keyof typeof PROBLEM_STATUS

/** The one error shape, everywhere. `message` says how to mend it; `details` names fields or facts. */
export const ProblemBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    requestId: z.string(),
    details: z.unknown().optional(),
  }),
})
export type ProblemBody = z.infer<typeof ProblemBody>

export interface ProblemOptions {
  details?: unknown
  retryAfterSeconds?: number
  /** Only where a code travels under another status than its own. */
  status?: number
}

/** An answer that says no: thrown anywhere under a route, written by the one error handler. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly details: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message)
    this.name = 'Problem'
    this.code = code
    this.status = options.status ?? PROBLEM_STATUS[code]
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
