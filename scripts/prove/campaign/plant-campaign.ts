import { connect } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { plant, tidyUp } from '../../bench/outbox/plant.ts'
import type { Stack } from '../../stack/start-stack.ts'
import type { CampaignPlan } from './plan.ts'

/** The rest of a campaign, to recipients of its own: its contacts, tickets, messages, lanes and deliveries. */
export async function plantCampaign(
  { databaseUrl, tenantId, instanceId }: Stack,
  { messages, routed }: CampaignPlan,
): Promise<void> {
  if (messages <= routed) return
  const logger = createLogger('prove', 'error')
  const connection = connect({ url: databaseUrl, logger, name: 'prove', maxConnections: 1 })
  try {
    const recipients = { tenantId, instanceId, first: routed + 1, perLane: 1 }
    await plant(connection.db, { ...recipients, count: messages - routed, state: 'QUEUED', priority: 2 })
    await tidyUp(connection.db)
  } finally {
    await connection.close()
  }
}
