import type { StoredEvent } from '@carteiro/domain/events/read'

/** An event of the log, with its text, which is written once for all who hear it. */
export interface LiveEvent extends StoredEvent {
  /** JSON of all that is told, but for `prevSeq`, which is each connection's own. */
  body: string
  bytes: number
}

/** Prepares an event for being told. */
export function toLiveEvent(event: StoredEvent): LiveEvent {
  const body = JSON.stringify(emitted(event))
  return { ...event, body, bytes: Buffer.byteLength(body) }
}

const emitted = ({ payload, tenantId, seq, occurredAt }: StoredEvent) => ({
  ...payload,
  tenantId,
  seq,
  occurredAt: occurredAt.toISOString(),
})

/** What one connection, or several that have heard the same, are told. */
export const toEmitted = (event: StoredEvent, prevSeq: number) => ({ ...emitted(event), prevSeq })

/** The same as JSON, without writing the event anew. */
export const toEmittedJson = ({ body }: LiveEvent, prevSeq: number): string =>
  `${body.slice(0, -1)},"prevSeq":${prevSeq}}`

/** The rooms that an event is told in. */
export const roomsOf = ({ tenantId, ticketId, instanceId, userId }: StoredEvent): string[] => [
  `tenant:${tenantId}`,
  ...(ticketId === null ? [] : [`ticket:${ticketId}`]),
  ...(instanceId === null ? [] : [`instance:${instanceId}`]),
  ...(userId === null ? [] : [`user:${userId}`]),
]
