import { ProblemBody, type ProblemCode } from '@carteiro/contracts/problem'
import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'

/** Asserts that an answer says no in the one error shape, under its request's id. @returns the error */
export function matchProblem(
  t: Test,
  response: LightMyRequestResponse,
  status: number,
  code: ProblemCode,
): ProblemBody['error'] {
  t.equal(response.statusCode, status, `${status} ${code}`)
  t.match(response.headers['content-type'], /^application\/json/)
  const { error } = ProblemBody.strict().parse(response.json())
  t.equal(error.code, code)
  t.not(error.message, '', 'it says how to mend it')
  t.equal(error.requestId, response.headers['x-request-id'], 'its request id is the header\u2019s')
  return error
}
