import { type OutboundRequest, queueMessage } from '@carteiro/domain/outbox/queue-message'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { readStream } from './read-stream.ts'
import type { TestApi } from './start-api.ts'

type Teardown = Parameters<typeof readStream>[0]

/** The gateway of `acme-phone`, whose messages an adapter takes, as an adapter and as a client see it. */
export async function openGateway({ domain, db, keys }: TestApi, url: string) {
  await db.updateTable('instance').set({ delivery: 'pull' }).execute()

  const post = async (id: string, act: string, body?: object, key = keys.acme) => {
    const response = await fetch(`${url}/messages/${id}/${act}`, {
      method: 'POST',
      headers: { 'x-api-key': key, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const answer: unknown = await response.json()
    return { status: response.status, body: answer }
  }

  return {
    post,
    /** @param to the end of a phone's number: each is a lane */
    send: async (
      to: number,
      text = `message ${to}`,
      tenantId = 'acme',
      fields: Partial<OutboundRequest> = {},
    ): Promise<string> => {
      const request = {
        tenantId,
        instanceId: `${tenantId}-phone`,
        to: `+55119555${String(to).padStart(5, '0')}`,
      }
      const result = await queueMessage(domain, outboundRequest({ ...request, text, ...fields }))
      if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
      return result.id
    },
    stream: async (
      t: Teardown,
      options: { query?: string; key?: string; lastEventId?: number; through?: string } = {},
    ) => {
      const { query = '', key = keys.acme, lastEventId, through = url } = options
      const last = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
      const stream = await readStream(t, `${through}/messages/stream?instanceId=acme-phone${query}`, {
        'x-api-key': key,
        ...last,
      })
      const messages = () => stream.frames.filter(({ event }) => event === 'message')
      return {
        ...stream,
        messages,
        idsOf: () => messages().map(({ data }) => String(data.messageId)),
        /** Resolves when so many messages came. */
        came: (count: number) => stream.until(() => messages().length >= count),
      }
    },
    stateOf: async (id: string) =>
      db
        .selectFrom('delivery')
        .select(['state', 'attempts', 'provider_message_id', 'error_code'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow(),
  }
}
