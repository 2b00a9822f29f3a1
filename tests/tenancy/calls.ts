import { brokerMessage } from '../../apps/api/src/testing/broker-event.ts'
import { formOf } from '../../apps/api/src/testing/upload.ts'

/** What tenant `acme` has; tenant `other` will ask for it. */
export interface Owned {
  instanceId: string
  cloud: { id: string; phoneNumberId: string }
  ticketId: string
  contactId: string
  deliveryId: string
  dossierId: string
  phone: string
  idempotencyKey: string
  cursor: string
  deadLetterId: string
  notificationId: string
  queueId: string
  /** A key that nobody uses. */
  keyId: string
  /** A message with a file. */
  mediaId: string
  uploadId: string
  /** An upload that nobody sends. */
  unsentUploadId: string
}

export interface Call {
  params?: Record<string, string>
  query?: Record<string, string>
  payload?: object | string
  headers?: Record<string, string>
}

const BASE = '/api/integrations/whatsapp/instances'
const messages = (acme: Owned): object => ({
  to: acme.phone,
  text: 'Hello',
  idempotencyKey: acme.idempotencyKey,
})
const webhook = (acme: Owned): Call[] => [
  { payload: brokerMessage({ instanceId: acme.instanceId }) },
  {
    payload: {
      id: 'connection-1',
      type: 'INSTANCE_CONNECTION',
      instanceId: acme.instanceId,
      payload: { status: 'logged_out', connected: false },
    },
  },
]

/** A text, as a client uploads it. */
export function upload(fields: Record<string, string>, fileName = 'note.txt'): Call {
  const parts = Object.entries({ type: 'document', ...fields }).map(([name, value]) => ({ name, value }))
  const { payload, headers } = formOf([{ name: 'file', value: 'a note', fileName }, ...parts])
  return { payload: payload.toString(), headers }
}

/** Templates of acme. */
export const TEMPLATES = {
  written: { code: 'welcome', language: 'en' },
  deleted: { code: 'farewell', language: 'en' },
}

/** A flow of one question. */
const FLOW = {
  enabled: false,
  questions: [{ key: 'ASK_ORDER', field: 'order', text: 'Your order?', answer: { type: 'text' } }],
}

/** Answered for as long as somebody reads. */
export const STREAM = 'GET /api/events/stream'

/** Likewise, of messages to an adapter. */
export const GATEWAY_STREAM = 'GET /messages/stream'

/** The instance of acme's adapter. */
export const PULLED = 'acme-pulled'

/** Makes a number of the Cloud API known. */
export const CONNECT_CLOUD = `PUT ${BASE}/{id}/cloud`

/** A tenant's own secrets for a number; another's number, if it wants that. */
export const cloudCredentials = (tenantId: string, { id, phoneNumberId }: Owned['cloud']) => ({
  name: id,
  phoneNumberId,
  appSecret: `app secret of ${tenantId}`,
  verifyToken: `verify token of ${tenantId}`,
})

/**
 * How each route is called with what is acme's: a schema-valid request that would succeed with acme's own key. A
 * route that is missing here fails the test, so that no route can be added without being tried.
 */
export const CALLS: Record<string, (acme: Owned) => Call[]> = {
  'POST /api/integrations/whatsapp/webhook': webhook,
  'POST /api/webhooks/whatsapp': webhook,
  'POST /api/v1/outbound/messages': (acme) => [
    { payload: { ...messages(acme), instanceId: acme.instanceId } },
    // Without an instance the key's own is taken: acme's idempotency key and contact must then mean nothing.
    { payload: messages(acme) },
  ],
  'GET /api/v1/outbound/messages': (acme) => [
    {},
    { query: { to: acme.phone, dossierId: acme.dossierId, status: 'SENT' } },
  ],
  'GET /api/v1/outbound/messages/paginated': (acme) => [{}, { query: { dossierId: acme.dossierId } }],
  'POST /api/v1/outbound/messages/{id}/retry': (acme) => [{ params: { id: acme.deliveryId } }],
  'POST /api/v1/outbound/messages/{id}/cancel': (acme) => [{ params: { id: acme.deliveryId } }],
  'GET /api/v1/outbound/messages/{id}': (acme) => [{ params: { id: acme.deliveryId } }],
  'GET /api/v1/keys': () => [{}, { query: { limit: '200' } }],
  'POST /api/v1/keys': () => [{ payload: { name: 'one more', scopes: ['read'] } }],
  'DELETE /api/v1/keys/{id}': (acme) => [{ params: { id: acme.keyId } }],
  'GET /api/v1/templates': () => [{}, { query: { limit: '200' } }],
  'GET /api/v1/templates/{code}/{language}': () => [{ params: TEMPLATES.written }],
  'PUT /api/v1/templates/{code}/{language}': () => [
    { params: TEMPLATES.written, payload: { body: 'Hello' } },
  ],
  // One that nobody else writes: whose it is, alone deletes it.
  'DELETE /api/v1/templates/{code}/{language}': () => [{ params: TEMPLATES.deleted }],
  'GET /api/messages/search': () => [{ query: { q: 'only for acme', limit: '200' } }],
  'GET /api/tickets': (acme) => [
    {},
    { query: { search: acme.phone } },
    { query: { limit: '200', cursor: acme.cursor } },
  ],
  'GET /api/tickets/{id}': (acme) => [{ params: { id: acme.ticketId } }],
  'PATCH /api/tickets/{id}': (acme) => [{ params: { id: acme.ticketId }, payload: { status: 'pending' } }],
  'GET /api/tickets/{id}/timeline': (acme) => [{ params: { id: acme.ticketId } }],
  'POST /api/tickets/{id}/read': (acme) => [{ params: { id: acme.ticketId } }],
  'POST /api/tickets/{id}/notes': (acme) => [
    { params: { id: acme.ticketId }, payload: { text: 'only for colleagues' } },
  ],
  'GET /api/notifications': () => [{}, { query: { limit: '200', snoozed: 'false' } }],
  'POST /api/notifications/{id}/read': (acme) => [{ params: { id: acme.notificationId } }],
  'POST /api/notifications/{id}/snooze': (acme) => [
    {
      params: { id: acme.notificationId },
      payload: { until: new Date(Date.now() + 3_600_000).toISOString() },
    },
  ],
  'POST /api/notifications/{id}/unsnooze': (acme) => [{ params: { id: acme.notificationId } }],
  'GET /api/v1/queues': () => [{}],
  'POST /api/v1/queues': () => [{ payload: { name: 'one more', isDefault: true } }],
  'PATCH /api/v1/queues/{id}': (acme) => [{ params: { id: acme.queueId }, payload: { isDefault: true } }],
  'DELETE /api/v1/queues/{id}': (acme) => [{ params: { id: acme.queueId } }],
  'GET /api/tickets/{id}/messages': (acme) => [{ params: { id: acme.ticketId } }],
  'POST /api/messages/{id}/media/retry': (acme) => [{ params: { id: acme.mediaId } }],
  'GET /api/messages/{id}': (acme) => [{ params: { id: acme.mediaId } }],
  'GET /api/contacts': (acme) => [
    {},
    { query: { limit: '200', kind: 'person' } },
    { query: { phone: acme.phone } },
    { query: { search: acme.phone } },
  ],
  'GET /api/contacts/{id}': (acme) => [{ params: { id: acme.contactId } }],
  'PATCH /api/contacts/{id}': (acme) => [
    { params: { id: acme.contactId }, payload: { name: 'Taken over', attributes: { a: 1 } } },
  ],
  'GET /api/contacts/{id}/consents': (acme) => [{ params: { id: acme.contactId } }],
  'GET /api/contacts/{id}/consents/{purpose}': (acme) => [
    { params: { id: acme.contactId, purpose: 'marketing' } },
  ],
  'GET /api/contacts/{id}/export': (acme) => [{ params: { id: acme.contactId } }],
  'POST /api/contacts/{id}/erase': (acme) => [{ params: { id: acme.contactId } }],
  'GET /api/contacts/{id}/erase': (acme) => [{ params: { id: acme.contactId } }],
  'PUT /api/contacts/{id}/consents/{purpose}': (acme) => [
    { params: { id: acme.contactId, purpose: 'marketing' }, payload: { status: 'granted', source: 'form' } },
  ],
  'GET /api/audit-events': (acme) => [{}, { query: { entityType: 'delivery', entityId: acme.deliveryId } }],
  'GET /api/events': (acme) => [
    {},
    { query: { after: '0', limit: '200' } },
    { query: { ticketId: acme.ticketId } },
  ],
  [STREAM]: (acme) => [
    { query: { lastEventId: '0', ticketId: acme.ticketId } },
    { query: { lastEventId: '0', type: 'messages.new' } },
  ],
  [GATEWAY_STREAM]: () => [
    { query: { instanceId: PULLED } },
    { query: { instanceId: PULLED, lastEventId: '0' } },
  ],
  'POST /messages/{messageId}/ack': (acme) => [{ params: { messageId: acme.deliveryId } }],
  'POST /messages/{messageId}/confirm': (acme) => [
    { params: { messageId: acme.deliveryId }, payload: { externalId: '3EB0OTHER' } },
  ],
  'POST /messages/{messageId}/fail': (acme) => [
    { params: { messageId: acme.deliveryId }, payload: { reason: 'no', retriable: false } },
  ],
  'GET /api/activities': (acme) => [{}, { query: { ticketId: acme.ticketId } }],
  'POST /api/tickets/{id}/messages': (acme) => [
    {
      params: { id: acme.ticketId },
      payload: { payload: { intent: 'text', text: 'Hello' }, idempotencyKey: 'in a ticket' },
    },
  ],
  [`POST ${BASE}/{instanceId}/messages`]: (acme) => [
    {
      params: { instanceId: acme.instanceId },
      payload: {
        to: acme.phone,
        payload: { intent: 'text', text: 'Hello' },
        idempotencyKey: acme.idempotencyKey,
      },
    },
  ],
  'GET /api/messages/{id}/media': (acme) => [{ params: { id: acme.mediaId } }],
  'POST /api/whatsapp/uploads': ({ ticketId }) => [upload({ ticketId }), upload({})],
  'GET /api/uploads': (acme) => [{}, { query: { limit: '200', ticketId: acme.ticketId } }],
  'GET /api/uploads/{id}': (acme) => [{ params: { id: acme.uploadId } }],
  'GET /api/whatsapp/uploads/{id}': (acme) => [{ params: { id: acme.uploadId } }],
  'DELETE /api/whatsapp/uploads/{id}': (acme) => [{ params: { id: acme.unsentUploadId } }],
  'GET /api/v1/settings': () => [{}],
  'PATCH /api/v1/settings': () => [{ payload: { pace: { perMinute: 1 }, timezone: 'Europe/Rome' } }],
  'GET /api/v1/flow': () => [{}],
  'PUT /api/v1/flow': () => [{ payload: FLOW }],
  'GET /api/v1/flow/versions': () => [{}, { query: { limit: '200' } }],
  'POST /api/v1/flow/validate': () => [{ payload: FLOW }],
  'GET /api/v1/timeline/reconciliation': () => [{}],
  'POST /api/v1/timeline/reconciliation': () => [{}],
  'GET /api/v1/dead-letters': () => [{}, { query: { limit: '200' } }],
  'POST /api/v1/dead-letters/{id}/redrive': (acme) => [{ params: { id: acme.deadLetterId } }],
  [`GET ${BASE}`]: () => [{}],
  [`POST ${BASE}`]: (acme) => [{ payload: { id: acme.instanceId, name: 'Taken over' } }],
  [`GET ${BASE}/{id}`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`PATCH ${BASE}/{id}`]: (acme) => [
    { params: { id: acme.instanceId }, payload: { name: 'Taken over', settings: { pace: { burst: 1 } } } },
    { params: { id: acme.instanceId }, payload: { settings: { broker: { typing: true } } } },
  ],
  // One with tickets is not deleted, by whomever.
  [`DELETE ${BASE}/{id}`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`GET ${BASE}/{id}/status`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/connect`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/disconnect`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/restart`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/logout`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/pair`]: (acme) => [
    { params: { id: acme.instanceId }, payload: { phoneNumber: acme.phone } },
  ],
  [`GET ${BASE}/{id}/qr`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`GET ${BASE}/{id}/qr.png`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`POST ${BASE}/{id}/exists`]: (acme) => [
    { params: { id: acme.instanceId }, payload: { to: acme.phone } },
    { params: { id: acme.instanceId }, payload: { numbers: [acme.phone] } },
  ],
  [`GET ${BASE}/{id}/groups`]: (acme) => [{ params: { id: acme.instanceId } }],
  [`GET ${BASE}/{id}/metrics`]: (acme) => [{ params: { id: acme.instanceId } }],
  [CONNECT_CLOUD]: ({ cloud }) => [
    { params: { id: cloud.id }, payload: cloudCredentials('acme', cloud) },
    { params: { id: 'second-cloud' }, payload: cloudCredentials('acme', cloud) },
  ],
}
