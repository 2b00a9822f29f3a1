import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Test } from 'tap'
import { cloudChange, cloudText, signCloud } from './cloud-webhook.ts'
import { readInboundQueue } from './read-queue.ts'
import { startApi, type TestApi } from './start-api.ts'

/** Meta's ids of the numbers: two of acme's with one app, one with an app of its own, one of another tenant. */
export const NUMBERS = { sales: '1001', support: '1002', alone: '1003', others: '2001' } as const
/** App secrets: of sales and support, of alone, of others. */
export const SHARED_SECRET = 'app secret that two share'
export const OWN_SECRET = 'app secret of one alone'
export const OTHER_SECRET = 'app secret of the other'
/** Verifies an address that names no tenant. */
export const PLATFORM_TOKEN = 'verify token of the platform'

/** Names no tenant, but for the header X-Org-Id. */
export const CLOUD_PATH = '/api/v1/webhooks/whatsapp/inbound'
/** Where brokers post, too. */
export const BROKER_PATH = '/api/webhooks/whatsapp'
/** A tenant's own address. */
export const tenantPath = (tenantId: string) => `/api/v1/webhooks/whatsapp/${tenantId}/inbound`

/** How a post differs from Meta's to acme's address. */
export interface CloudPost {
  url?: string
  secret?: string
  headers?: Record<string, string>
  to?: TestApi
}

/** The API with numbers of the Cloud API, instances `sales`, `support` and `alone` of acme and `others` of other. */
export async function startCloudApi(t: Test) {
  const env = {
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    WHATSAPP_WEBHOOK_VERIFY_TOKEN: PLATFORM_TOKEN,
  }
  const api = await startApi(t, { env })
  const connect = connectTo(api)
  await connect('sales', NUMBERS.sales, SHARED_SECRET)
  await connect('support', NUMBERS.support, SHARED_SECRET)
  await connect('alone', NUMBERS.alone, OWN_SECRET)
  await connect('others', NUMBERS.others, OTHER_SECRET, {}, api.keys.other)
  t.beforeEach(async () => void (await sql`delete from pgboss.job`.execute(api.db)))
  return {
    api,
    connect,
    post: postTo(api),
    /** What waits for a worker. */
    queued: async () => (await readInboundQueue(api.db)).flatMap(({ job }) => job.envelopes),
  }
}

/** A customer's text to a number, as one change. */
export const textTo = (phoneNumberId: string | null, id = 'wamid.ONE') =>
  cloudChange(cloudText({ id }), phoneNumberId)

/** Makes a number known, or rotates its secret. The verify token is `verify token of <id>`. */
export const connectTo =
  (api: TestApi) =>
  (id: string, phoneNumberId: string, appSecret: string, more: object = {}, key = api.keys.acme) =>
    api.app.inject({
      method: 'PUT',
      url: `/api/integrations/whatsapp/instances/${id}/cloud`,
      headers: { 'x-api-key': key },
      payload: { name: id, phoneNumberId, appSecret, verifyToken: `verify token of ${id}`, ...more },
    })

/** Posts as Meta does: to acme's address, signed with the secret that two numbers share, unless told otherwise. */
const postTo =
  (api: TestApi) =>
  (
    body: object | string,
    { url = tenantPath('acme'), secret = SHARED_SECRET, headers, to = api }: CloudPost = {},
  ) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const signature = signCloud(secret, payload)
    return to.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature, ...headers },
      payload,
    })
  }
