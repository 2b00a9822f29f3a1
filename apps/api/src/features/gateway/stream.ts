import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { readUnconfirmed } from '@carteiro/domain/gateway/read-unconfirmed'
import { closeReader, openReader, type Reader } from '@carteiro/domain/gateway/readers'
import type { Actor } from '@carteiro/domain/keys/find-key'
import type { LinkOf } from '@carteiro/domain/uploads/link'
import type { FastifyReply } from 'fastify'
import type { Dependencies } from '../../dependencies.ts'
import { linksFor } from '../../files/links-for.ts'
import { emits } from '../../live/emits.ts'
import { beginStream, frameOf } from '../../live/event-stream.ts'
import { KEY_ENDED } from '../../live/key-watch.ts'
import type { Door, Listener } from '../../live/subscription.ts'
import { createPump, type Pump } from './pump.ts'
import { toFrame } from './to-frame.ts'

export type StreamNeeds = Pick<
  Dependencies,
  'config' | 'db' | 'live' | 'logger' | 'notifier' | 'report' | 'retryPolicy'
>

export interface StreamRequest {
  actor: Actor
  reply: FastifyReply
  instanceIds: string[]
  /** What the adapter has; 0 for nothing. */
  lastSeq: number
}

/** A stream that is not read for so long is ended: its adapter comes back with the last number that it has. */
const MAX_STALLED_MS = 120_000
const REPLAY_PAGE = 10
const REPLACED = {
  code: 'STREAM_REPLACED',
  message: 'Another stream with this key serves the instance; give each adapter a key of its own.',
}

/** Streams of messages to adapters. Each listens to its instances' events, which tell when there may be something. */
export function createStreams(dependencies: StreamNeeds) {
  const { config, db, live, logger, report } = dependencies
  const { hub, keys } = live
  const pumps = new Map<string, Pump>()
  const door: Door = {
    name: 'gateway',
    deliver: ({ instanceId }, _prevSeq, listeners) => {
      if (instanceId === null) return
      for (const { id } of listeners) pumps.get(id)?.wake(instanceId)
    },
  }

  /**
   * Answers with a stream. What goes wrong before its first byte is thrown, and answered as any other error is.
   *
   * @throws Problem
   */
  async function open({ actor, reply, instanceIds, lastSeq }: StreamRequest): Promise<void> {
    const { raw } = reply
    const linkOf = linksFor(config, reply.request)
    const reader: Reader = { tenantId: actor.tenantId, keyId: actor.keyId, streamId: randomUUID() }
    const listener = createListener(door, {
      reader,
      instanceIds,
      raw,
      wake: () => pumps.get(reader.streamId)?.wake(),
    })
    const subscription = await hub.subscribe(listener)
    try {
      await openReader(db, reader, instanceIds)
    } catch (error) {
      hub.unsubscribe(subscription)
      throw error
    }
    if (raw.destroyed || raw.writableEnded) return hub.unsubscribe(subscription)
    reply.hijack()
    report.connected('gateway')
    const pump = createPump(dependencies, {
      reader,
      instanceIds,
      raw,
      linkOf,
      onReplaced: () => listener.close(REPLACED),
    })
    const heartbeat = beat(raw, pump, config.REALTIME_HEARTBEAT_SECONDS * 1_000)
    const unwatch = keys.watch(actor.keyId, () => listener.close(KEY_ENDED))
    raw.once('close', () => {
      clearInterval(heartbeat)
      unwatch()
      hub.unsubscribe(subscription)
      pumps.delete(reader.streamId)
      report.disconnected('gateway')
      void pump
        .stop()
        .then(() => closeReader(db, reader))
        .catch((error) => logger.warn({ err: error }, 'a stream that ended is still written down'))
    })
    beginStream(reply, frameOf('ready', { instanceIds }))
    if (!(await replay({ reader, instanceIds, lastSeq, raw, linkOf }))) return
    pumps.set(reader.streamId, pump)
    raw.on('drain', () => pump.wake())
    hub.resume(subscription)
    pump.wake()
  }

  /** What was offered after the number and is not settled, no faster than it is read. @returns whether all was written */
  async function replay({
    reader,
    instanceIds,
    lastSeq,
    raw,
    linkOf,
  }: Pick<StreamRequest, 'instanceIds' | 'lastSeq'> & {
    reader: Reader
    raw: ServerResponse
    linkOf: LinkOf | undefined
  }): Promise<boolean> {
    for (let after = lastSeq; ; ) {
      const page = await readPage({ ...reader, instanceIds, after, limit: REPLAY_PAGE })
      if (!page) raw.destroy()
      if (!page || raw.destroyed || raw.writableEnded) return false
      for (const offered of page) {
        const frame = toFrame(offered, linkOf)
        if (typeof frame === 'string') raw.write(frame)
      }
      if (!(await drained(raw))) return false
      if (page.length < REPLAY_PAGE) return true
      after = page.at(-1)?.seq ?? after
    }
  }

  /** The head is written, so there is no error to answer: the adapter comes back. */
  async function readPage(request: Parameters<typeof readUnconfirmed>[1]) {
    try {
      return await readUnconfirmed(db, request)
    } catch (error) {
      logger.warn({ err: error }, 'offers could not be replayed')
      return undefined
    }
  }
  return { open }
}

function createListener(
  door: Door,
  {
    reader: { streamId, tenantId },
    instanceIds,
    raw,
    wake,
  }: { reader: Reader; instanceIds: string[]; raw: ServerResponse; wake: () => void },
): Listener {
  const serves = new Set(instanceIds)
  return {
    id: streamId,
    tenantId,
    door,
    wants: ({ instanceId }) => instanceId !== null && serves.has(instanceId),
    // It is told nothing but to look.
    pendingBytes: () => 0,
    drained: async () => true,
    truncated: wake,
    tooSlow: wake,
    close: (told) => {
      raw.end(frameOf('connection.closing', told))
      // Who does not read would hold it open.
      if (raw.writableNeedDrain) raw.destroy()
    },
  }
}

/** Tells that the stream is alive, and looks whether it still is the adapter's. */
function beat(raw: ServerResponse, pump: Pump, everyMs: number): NodeJS.Timeout {
  let stalledSince: number | undefined
  return setInterval(() => {
    if (raw.writableEnded) return
    if (raw.writableNeedDrain) {
      stalledSince ??= performance.now()
      if (performance.now() - stalledSince > MAX_STALLED_MS) raw.destroy()
      return
    }
    stalledSince = undefined
    raw.write(frameOf('heartbeat', { at: new Date().toISOString() }))
    pump.wake()
  }, everyMs)
}

const drained = async (raw: ServerResponse): Promise<boolean> =>
  !raw.writableNeedDrain || ((await emits(raw, ['drain', 'close'], MAX_STALLED_MS)) && !raw.destroyed)
