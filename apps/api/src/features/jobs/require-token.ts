import { Problem } from '@carteiro/contracts/problem'
import { equalInConstantTime } from '@carteiro/runtime/secret-matcher'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

export const Token = z.string().max(500).optional().describe('the token, if it is not sent as Bearer')

type TokenVariable = 'JOB_RUNNER_TOKEN' | 'CRON_SECRET'

/**
 * The guard of a door that the platform's own scheduler opens, by a token in the URL or as Bearer. It knows no tenant,
 * and a tenant's key does not open it.
 *
 * @throws Problem JOBS_NOT_CONFIGURED while the variable is not set, INVALID_TOKEN
 */
export function requireToken({ config }: Pick<Dependencies, 'config'>, variable: TokenVariable) {
  return async ({ headers, query }: FastifyRequest): Promise<void> => {
    const expected = config[variable]
    if (expected === undefined) {
      throw new Problem('JOBS_NOT_CONFIGURED', `Set ${variable} and start the API again.`, {
        details: { missing: [variable] },
      })
    }
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
    const given = bearer ?? Query.safeParse(query).data?.token
    if (given === undefined || !equalInConstantTime(given, expected)) {
      throw new Problem('INVALID_TOKEN', `Send ${variable} as ?token= or as Authorization: Bearer.`)
    }
  }
}

const Query = z.object({ token: Token })
