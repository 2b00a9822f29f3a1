import { Problem, type ProblemBody } from '@carteiro/contracts/problem'
import { hasZodFastifySchemaValidationErrors } from '@fastify/type-provider-zod'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseUnavailable } from './database-unavailable.ts'

/**
 * The one error handler: whatever was thrown becomes `{error:{code,message,requestId,details?}}`. What we did not
 * expect is logged whole and told as INTERNAL_ERROR, so that no secret or query leaves by an error.
 */
export function createWriteProblem(invalidRequest: InvalidRequestCode) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = toProblem(error, invalidRequest)
    if (problem.status >= 500)
      request.log.error({ requestId: request.id, err: error, code: problem.code }, 'request failed')
    if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', problem.retryAfterSeconds)
    reply.status(problem.status).send(problemBody(problem, request.id))
  }
}

/** How a request that does not fit its route is called. */
export type InvalidRequestCode = 'VALIDATION_ERROR' | 'INVALID_PAYLOAD'

/** A path that no route has. */
export function writeRouteNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const problem = new Problem('NOT_FOUND', `No route ${request.method} ${request.url.split('?')[0]}.`)
  reply.status(404).send(problemBody(problem, request.id))
}

function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { code, message, details } = problem
  return { error: { code, message, requestId, ...(details === undefined ? {} : { details }) } }
}

function toProblem(error: FastifyError, invalidRequest: InvalidRequestCode): Problem {
  if (error instanceof Problem) return error
  if (hasZodFastifySchemaValidationErrors(error)) return validationProblem(error, invalidRequest)
  if (isDatabaseUnavailable(error)) return databaseUnavailable()
  return fromFastify(error)
}

function validationProblem(error: FastifyError, code: InvalidRequestCode): Problem {
  const where = error.validationContext ?? 'body'
  const details = (error.validation ?? []).map((fault) => ({
    path: [where, ...fault.instancePath.split('/').filter(Boolean)].join('.'),
    message: fault.message ?? 'is not valid',
  }))
  return new Problem(code, 'The request does not fit the route; see details.', { details })
}

function databaseUnavailable(): Problem {
  return new Problem('DATABASE_UNAVAILABLE', 'The database does not answer just now; repeat the request.', {
    retryAfterSeconds: 1,
  })
}

function fromFastify(error: FastifyError): Problem {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new Problem('INVALID_JSON', 'The body is not valid JSON.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.')
    default:
      if (error.statusCode !== undefined && error.statusCode < 500) {
        return new Problem('BAD_REQUEST', error.message, { status: error.statusCode })
      }
      return new Problem(
        'INTERNAL_ERROR',
        'Something failed on our side; it is in the log under this request id.',
      )
  }
}
