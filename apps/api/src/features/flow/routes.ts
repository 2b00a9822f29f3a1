import { Flow, FlowDefinition, type FlowFault } from '@carteiro/contracts/flow'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { findPatternFaults } from '@carteiro/domain/flow/compile-flow'
import { putFlow } from '@carteiro/domain/flow/put-flow'
import { listFlowVersions, readFlow } from '@carteiro/domain/flow/read-flow'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { listOf, Page } from '../../lists/page.ts'
import { readIfMatch, writeVersion } from '../../versions/if-match.ts'
import { staleVersion } from '../../versions/stale-version.ts'

const BASE = '/api/v1/flow'
const VersionCursor = z.object({ version: z.number().int().min(1) })
const Validated = z.object({
  valid: z.boolean(),
  faults: z.array(z.object({ path: z.string(), message: z.string() })),
})

const documented = (summary: string) => ({ tags: ['flow'], summary })

/** What is said to customers before a person answers; docs/flow.md tells each member. */
export async function flowRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  const onRequest = app.authenticate('admin')

  app.get(
    BASE,
    {
      onRequest,
      schema: {
        ...documented(
          'Your flow, with its version as ETag; the default one, not enabled, until you write one',
        ),
        response: { 200: Flow },
      },
    },
    async ({ actor }, reply) => {
      const flow = await readFlow(db, actor.tenantId)
      return reply.header('etag', writeVersion(flow.version)).send(flow)
    },
  )

  app.put(
    BASE,
    {
      onRequest,
      schema: {
        ...documented(
          'Write your flow; a change is a new version. With If-Match only over the version that you read',
        ),
        body: FlowDefinition,
        response: { 200: Flow, 201: Flow, 412: ProblemBody },
      },
    },
    async ({ actor, body: definition, headers, id: requestId }, reply) => {
      const { tenantId, name } = actor
      const ifVersion = readIfMatch(headers['if-match'])
      const result = await putFlow({ db }, { tenantId, definition, ifVersion, actor: name, requestId })
      if (result.status === 'faults') throw refused(result.faults)
      if (result.status === 'stale') throw staleVersion(result.version)
      const { flow } = result
      const isFirst = result.status === 'changed' && flow.version === 1
      return reply
        .status(isFirst ? 201 : 200)
        .header('etag', writeVersion(flow.version))
        .send(flow)
    },
  )

  app.get(
    `${BASE}/versions`,
    {
      onRequest,
      schema: {
        ...documented('Every version of your flow, newest first'),
        querystring: Page,
        response: { 200: listOf(Flow) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, limit } }) => {
      const before = readCursor(VersionCursor, cursor)?.version
      const { items, next } = await listFlowVersions(db, { tenantId, before, limit })
      return { items, nextCursor: writeCursor(next === null ? null : { version: next }) }
    },
  )

  app.post(
    `${BASE}/validate`,
    {
      onRequest,
      schema: {
        ...documented('Whether a definition could be written, and what is to be mended; nothing is changed'),
        body: z.record(z.string(), z.unknown()),
        response: { 200: Validated },
      },
    },
    async ({ body }) => {
      const read = FlowDefinition.safeParse(body)
      const faults = read.success ? findPatternFaults(read.data) : read.error.issues.map(toFault)
      return { valid: faults.length === 0, faults: faults.map(toDetail) }
    },
  )
}

const toFault = ({ path, message }: z.core.$ZodIssue): FlowFault => ({
  path: path.map((part) => (typeof part === 'number' ? part : String(part))),
  message,
})

const toDetail = ({ path, message }: FlowFault) => ({ path: path.join('.'), message })

const refused = (faults: FlowFault[]) =>
  new Problem('VALIDATION_ERROR', 'The flow could not run; nothing was changed.', {
    details: faults.map(({ path, message }) => ({ path: ['body', ...path].join('.'), message })),
  })
