import { CheckedRecipients, CheckRecipients } from '@carteiro/contracts/broker-exists'
import { BrokerGroups } from '@carteiro/contracts/broker-groups'
import { InstanceMetrics } from '@carteiro/contracts/broker-metrics'
import { Slug } from '@carteiro/contracts/identifier'
import { ProblemBody } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { orProblem, requireBroker } from './broker.ts'
import { findLinked } from './find-own.ts'

const BASE = '/api/integrations/whatsapp/instances'

const params = z.object({ id: Slug })
const problems = { 404: ProblemBody, 409: ProblemBody, 429: ProblemBody, 503: ProblemBody }
const documented = (summary: string) => ({ tags: ['instances'], summary, params })

/** Brokers in the field count otherwise: what they say is passed on. */
const Metrics = InstanceMetrics.partial().loose()

/** What an instance's WhatsApp knows, asked of the broker. */
export async function lookUpRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'broker' | 'config'>,
): Promise<void> {
  const { db } = dependencies
  const mayRead = app.authenticate('read')

  app.post(
    `${BASE}/:id/exists`,
    {
      // A look-up is the first half of a send: WhatsApp counts it against the account.
      onRequest: app.authenticate('send'),
      schema: {
        ...documented('Whether recipients are on WhatsApp, and how they are addressed there'),
        body: CheckRecipients,
        response: { 200: CheckedRecipients, ...problems },
      },
    },
    async ({ actor, params: { id }, body, id: requestId }) => {
      await findLinked(db, actor.tenantId, id)
      return orProblem(await requireBroker(dependencies).exists(id, body, { requestId }))
    },
  )

  app.get(
    `${BASE}/:id/groups`,
    {
      onRequest: mayRead,
      schema: {
        ...documented('The groups that it is a member of'),
        response: { 200: BrokerGroups, ...problems },
      },
    },
    async ({ actor, params: { id }, id: requestId }) => {
      await findLinked(db, actor.tenantId, id)
      return { groups: orProblem(await requireBroker(dependencies).getGroups(id, { requestId })) }
    },
  )

  app.get(
    `${BASE}/:id/metrics`,
    {
      onRequest: mayRead,
      schema: { ...documented('What its broker counted'), response: { 200: Metrics, ...problems } },
    },
    async ({ actor, params: { id }, id: requestId }) => {
      await findLinked(db, actor.tenantId, id)
      return orProblem(await requireBroker(dependencies).getMetrics(id, { requestId }))
    },
  )
}
