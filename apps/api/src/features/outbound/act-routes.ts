import { OutboundMessageDetail } from '@carteiro/contracts/outbound-message'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import type { DeliveryActResult } from '@carteiro/domain/outbox/act-on-delivery'
import { cancelDelivery } from '@carteiro/domain/outbox/cancel-delivery'
import { readOutboundMessage } from '@carteiro/domain/outbox/read'
import { retryDelivery } from '@carteiro/domain/outbox/retry-delivery'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

type Needs = Pick<Dependencies, 'db' | 'queue' | 'notifier' | 'report'>

const ACTS = {
  retry: {
    run: retryDelivery,
    summary: 'Try a message that failed again, at the end of its lane',
    demands: 'Only a message that is FAILED can be tried again',
  },
  cancel: {
    run: cancelDelivery,
    summary: 'Take a message back that was not sent yet',
    demands: 'Only a message that is QUEUED, and of which no attempt may have left, can be cancelled',
  },
}

/** What a person may do to a message in the outbox. Both change nothing when its state does not allow them. */
export async function outboundActRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  for (const [name, { run, summary, demands }] of Object.entries(ACTS)) {
    app.post(
      `/api/v1/outbound/messages/:id/${name}`,
      {
        onRequest: app.authenticate('send'),
        schema: {
          tags: ['outbound'],
          summary,
          params: z.object({ id: z.uuid() }),
          response: { 200: OutboundMessageDetail, 404: ProblemBody, 409: ProblemBody },
        },
      },
      async ({ actor, params: { id }, id: requestId }) => {
        const { tenantId } = actor
        const result = await run(dependencies, { tenantId, id, actor: actor.name, requestId })
        const refusal = refusalOf(id, demands, result)
        if (refusal) throw refusal
        dependencies.report.messageActedOn({ requestId, tenantId, messageId: id, act: name })
        const message = await readOutboundMessage(dependencies.db, { tenantId, id })
        if (!message) throw notFound(id)
        return message
      },
    )
  }
}

function refusalOf(id: string, demands: string, result: DeliveryActResult): Problem | undefined {
  switch (result.status) {
    case 'done':
      return undefined
    case 'not_found':
      return notFound(id)
    case 'impossible':
      return new Problem('IMPOSSIBLE_TRANSITION', `${demands}; this one is ${result.state}.`, {
        details: { status: result.state },
      })
    default:
      return result satisfies never
  }
}

const notFound = (id: string) => new Problem('NOT_FOUND', `There is no outbound message ${id}.`)
