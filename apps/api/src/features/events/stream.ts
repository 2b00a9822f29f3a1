import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Actor } from '@carteiro/domain/keys/find-key'
import type { FastifyReply } from 'fastify'
import type { Dependencies } from '../../dependencies.ts'
import { emits } from '../../live/emits.ts'
import { beginStream, frameOf } from '../../live/event-stream.ts'
import { KEY_ENDED } from '../../live/key-watch.ts'
import { type LiveEvent, toEmittedJson } from '../../live/live-event.ts'
import type { Door, Listener, Subscription } from '../../live/subscription.ts'

type Needs = Pick<Dependencies, 'config' | 'live' | 'report'>

export interface StreamRequest {
  actor: Actor
  reply: FastifyReply
  lastSeq: number | undefined
  wants: (event: LiveEvent) => boolean
}

/** A stream that is not read for so long is ended: its client comes back with the last number that it has. */
const MAX_STALLED_MS = 120_000

/** Server-sent events: each stream is a listener of its tenant's log. */
export function createStreams({ config, live: { hub, keys }, report }: Needs) {
  const responses = new Map<string, ServerResponse>()
  const door: Door = {
    name: 'stream',
    deliver: (event, prevSeq, listeners) => {
      const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${toEmittedJson(event, prevSeq)}\n\n`
      for (const { id } of listeners) responses.get(id)?.write(frame)
    },
  }

  /**
   * Answers with a stream. What goes wrong before its first byte is thrown, and answered as any other error is.
   *
   * @throws Problem
   */
  async function open({ actor, reply, lastSeq, wants }: StreamRequest): Promise<void> {
    const { raw } = reply
    const listener = createListener(door, { actor, raw, wants })
    const subscription = await hub.subscribe(listener, lastSeq)
    if (raw.destroyed || raw.writableEnded) return hub.unsubscribe(subscription)
    reply.hijack()
    responses.set(listener.id, raw)
    report.connected('stream')
    const heartbeat = beat(subscription, raw, config.REALTIME_HEARTBEAT_SECONDS * 1_000)
    const unwatch = keys.watch(actor.keyId, () => listener.close(KEY_ENDED))
    raw.once('close', () => {
      clearInterval(heartbeat)
      unwatch()
      hub.unsubscribe(subscription)
      responses.delete(listener.id)
      report.disconnected('stream')
    })
    const { position } = subscription
    beginStream(reply, frameOf('ready', { seq: position }, position))
    hub.resume(subscription)
  }
  return { open }
}

function createListener(
  door: Door,
  { actor, raw, wants }: Omit<StreamRequest, 'reply' | 'lastSeq'> & { raw: ServerResponse },
): Listener {
  return {
    id: randomUUID(),
    tenantId: actor.tenantId,
    door,
    wants,
    pendingBytes: () => raw.writableLength,
    drained: async () => !raw.writableNeedDrain || (await emits(raw, ['drain', 'close'], MAX_STALLED_MS)),
    truncated: (gap) => void raw.write(frameOf('replay.truncated', gap, gap.to)),
    tooSlow: () => void raw.destroy(),
    close: (told) => {
      raw.end(frameOf('connection.closing', told))
      // Who does not read would hold it open.
      if (raw.writableNeedDrain) raw.destroy()
    },
  }
}

/** Tells that the stream is alive, and how far it has come. */
function beat(subscription: Subscription, raw: ServerResponse, everyMs: number): NodeJS.Timeout {
  return setInterval(() => {
    if (subscription.state !== 'live' || raw.writableNeedDrain) return
    const seq = subscription.position
    raw.write(frameOf('heartbeat', { seq }, seq))
  }, everyMs)
}
