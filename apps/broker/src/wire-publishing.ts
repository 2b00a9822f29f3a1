import type { Connection } from '@carteiro/database/connect'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Config } from './config.ts'
import { createWebhook } from './features/receiving/post-events.ts'
import { MAX_CONCURRENT_CHATS, Publisher } from './features/receiving/publish.ts'
import type { Report } from './report.ts'

/** Published for a moment yet when the process stops; what is left then waits in the journal. */
const PUBLISH_GRACE_MS = 2_000

interface PublishingParts {
  connection: Connection
  brokerId: string
  report: Report
}

/** What brings the journal to the API. */
export function wirePublishing(
  config: Config,
  { connection: { db }, brokerId, report }: PublishingParts,
  lifecycle: Lifecycle,
): Publisher {
  const webhook = createWebhook({
    apiKey: config.WHATSAPP_WEBHOOK_API_KEY ?? config.WHATSAPP_BROKER_API_KEY,
    hmacSecret: config.WHATSAPP_WEBHOOK_HMAC_SECRET,
    connections: MAX_CONCURRENT_CHATS,
  })
  lifecycle.onStop('webhook', () => webhook.close())
  const publisher = new Publisher({ db, brokerId, webhook, defaultUrl: config.WHATSAPP_WEBHOOK_URL, report })
  lifecycle.onStop('publisher', () => publisher.stop(PUBLISH_GRACE_MS))
  return publisher
}
