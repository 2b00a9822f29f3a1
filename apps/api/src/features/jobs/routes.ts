import { ProblemBody } from '@carteiro/contracts/problem'
import { nudgeDue } from '@carteiro/domain/outbox/nudge-due'
import { readJobMetrics } from '@carteiro/domain/outbox/read-job-metrics'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { requireToken, Token } from './require-token.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'report'>

const Run = z.object({
  token: Token,
  max: z.coerce.number().int().min(1).max(1_000).default(10).describe('messages, at most'),
})

const Nudged = z.object({ due: z.number().int(), nudged: z.number().int() })

const JobMetrics = z.object({
  queued: z.number().int(),
  running: z.number().int(),
  failedLast24h: z.number().int(),
  averageProcessingMs: z.number(),
  successRate: z.number().min(0).max(1),
})

const documented = (summary: string) => ({ tags: ['jobs'], summary, security: [] })

/**
 * Doors for a scheduler outside. The worker sends by itself; who runs a cron job for it may go on doing so: each run
 * only tells the workers anew of what is due.
 */
export async function jobRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const run = async (requestId: string, max: number) => {
    const result = await nudgeDue(dependencies, max)
    dependencies.report.jobsNudged({ requestId, ...result })
    return result
  }

  app.route({
    method: ['GET', 'POST'],
    url: '/api/jobs/run-outbound',
    onRequest: requireToken(dependencies, 'JOB_RUNNER_TOKEN'),
    schema: {
      ...documented('Tell the workers anew of up to max messages that are due'),
      querystring: Run,
      response: { 200: Nudged, 401: ProblemBody, 503: ProblemBody },
    },
    handler: ({ id, query }) => run(id, query.max),
  })

  app.get(
    '/api/cron/run-outbound-jobs',
    {
      onRequest: requireToken(dependencies, 'CRON_SECRET'),
      schema: {
        ...documented('The same, for a cron job'),
        querystring: Run,
        response: { 200: Nudged, 401: ProblemBody, 503: ProblemBody },
      },
    },
    ({ id, query }) => run(id, query.max),
  )

  app.get(
    '/api/jobs/metrics',
    {
      onRequest: requireToken(dependencies, 'JOB_RUNNER_TOKEN'),
      schema: {
        ...documented('The outbox in figures, over all tenants'),
        querystring: z.object({ token: Token }),
        response: { 200: JobMetrics, 401: ProblemBody, 503: ProblemBody },
      },
    },
    () => readJobMetrics(dependencies.db),
  )
}
