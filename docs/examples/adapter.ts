import { EventSourceParserStream } from 'eventsource-parser/stream'

export interface Offered {
  messageId: string
  instanceId: string
  to: string
  intent: string
  payload: Record<string, unknown>
  idempotencyKey: string
}

export interface Adapter {
  url: string
  key: string // An API key with the scope gateway.
  instanceIds: string[]
  send(message: Offered): Promise<string> // Gives back WhatsApp's id.
  /** Kept over restarts: the last event, and what was sent under which key. */
  store: { lastEventId?: string | undefined; sent: Map<string, string> }
  signal: AbortSignal
}

/** Takes messages from the gateway, and tells what became of them, until the signal aborts. */
export async function runAdapter({ url, key, instanceIds, send, store, signal }: Adapter): Promise<void> {
  const report = async (messageId: string, act: string, body: object): Promise<boolean> => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify(body), signal }
    const response = await fetch(`${url}/messages/${messageId}/${act}`, request)
    if (response.status === 429 || response.status >= 500) throw new Error(`${act}: ${response.status}`)
    return response.ok // A refusal (404, 409) is final: the message is another's, or is offered again.
  }
  const take = async (message: Offered) => {
    const { messageId, idempotencyKey } = message
    if (!(await report(messageId, 'ack', {}))) return
    try {
      if (!store.sent.has(idempotencyKey)) store.sent.set(idempotencyKey, await send(message))
    } catch (error) {
      return void (await report(messageId, 'fail', { reason: String(error), retriable: true }))
    }
    await report(messageId, 'confirm', { externalId: store.sent.get(idempotencyKey) })
  }
  const query = instanceIds.map((id) => `instanceId=${id}`).join('&')
  while (!signal.aborted) {
    const silent = new AbortController()
    const timer = setTimeout(() => silent.abort(), 45_000) // Three heartbeats were missed.
    const last = store.lastEventId ? { 'last-event-id': store.lastEventId } : {}
    const open = { headers: { 'x-api-key': key, ...last }, signal: AbortSignal.any([signal, silent.signal]) }
    const stream = await fetch(`${url}/messages/stream?${query}`, open).catch(() => undefined)
    const events = stream?.ok ? stream.body?.pipeThrough(new TextDecoderStream()) : undefined
    try {
      for await (const { event, id, data } of events?.pipeThrough(new EventSourceParserStream()) ?? []) {
        timer.refresh()
        if (event === 'message') await take(JSON.parse(data))
        store.lastEventId = id ?? store.lastEventId
      }
    } catch {} // Cut, or a report failed: what is not confirmed is offered again.
    clearTimeout(timer)
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}
