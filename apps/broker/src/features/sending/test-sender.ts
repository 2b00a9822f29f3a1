import { EventEmitter } from 'node:events'
import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import type { Jid } from '@carteiro/contracts/jid'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createGuardedFetch } from '@carteiro/runtime/guarded-fetch'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { createSeal } from '@carteiro/runtime/seal'
import type { WASocket } from '@whiskeysockets/baileys'
import type { Test } from 'tap'
import type { Reach } from '../../reach.ts'
import { createReport } from '../../report.ts'
import { createFindMessage } from './find-message.ts'
import { SendLedger } from './send-ledger.ts'
import { Sender } from './send-message.ts'
import { type Ack, createAcks } from './wait-for-ack.ts'

/**
 * WhatsApp's server as far as a send sees it. The simulator acknowledges everything: refusals are played
 * here.
 */
class Line {
  readonly ws = new EventEmitter()
  readonly user = { id: '5511900000000@s.whatsapp.net' }
  readonly userDevicesCache = new Map()
  readonly waUploadToServer = () => Promise.reject(new Error('no media here'))
  readonly signalRepository = {
    lidMapping: { getLIDForPN: (jid: string) => Promise.resolve(jid.replace('@s.whatsapp.net', ':0@lid')) },
  }
  readonly stanzas: string[] = []
  answer: (id: string) => Record<string, string> | undefined = () => ({})

  relayMessage = async (_jid: string, _content: unknown, { messageId: id }: { messageId: string }) => {
    this.stanzas.push(id)
    this.ack(id, this.answer(id))
  }

  ack(id: string, attrs: Record<string, string> | undefined): void {
    if (attrs) this.ws.emit('CB:ack,class:message', { tag: 'ack', attrs: { id, class: 'message', ...attrs } })
  }
}

interface Given {
  settings?: { ceiling?: number; typing?: boolean }
  reachOf?: (jid: Jid) => Reach
  sendTimeoutMs?: number
}

/** A sender of a test's own: its database, and lines that play WhatsApp. */
export async function startTestSender(t: Pick<Test, 'teardown'>) {
  const { db } = await createTestDatabase(t)
  const guardedFetch = createGuardedFetch({ allowedHosts: [] })
  t.teardown(() => guardedFetch.close())
  const report = createReport({
    logger: createLogger('test', 'silent'),
    registry: createRegistry(),
    countWaiting: async () => 0,
  })

  async function setUp(instanceId: string, given: Given = {}) {
    const { settings = {}, reachOf, sendTimeoutMs } = given
    await db.insertInto('broker.instance').values({ id: instanceId, tenant_id: 'demo', name: 'n' }).execute()
    const line = new Line()
    let socket: WASocket | undefined = line as unknown as WASocket
    const ledger = new SendLedger(db, createSeal(Buffer.alloc(32)))
    const settledLate: Promise<void>[] = []
    const settleLate = async (instance: string, id: string, ack: Ack) => {
      await ledger.settleLate(instance, id, ack)
    }
    const acks = createAcks((instance, id, ack) => settledLate.push(settleLate(instance, id, ack)))
    acks.listen(instanceId, line as unknown as WASocket)
    const sender = new Sender({
      socket: () => socket,
      reach: async (_id, _socket, jid) => reachOf?.(jid) ?? { kind: 'reachable', jid },
      settings: async () => settings,
      limits: { ceiling: 8, maxWaiting: 30 },
      findMessage: createFindMessage(db, ledger),
      guardedFetch,
      maxMediaBytes: 1_000,
      onSent: () => undefined,
      ackTimeoutMs: 20,
      ...(sendTimeoutMs === undefined ? {} : { sendTimeoutMs }),
      ...{ ledger, acks, settleLate, report },
    })
    const send = (idempotencyKey: string, text = 'hello', to = '+5511988887777') => {
      const message: BrokerOutboundMessage = { to, type: 'text', message: text }
      return sender.send({ instanceId, idempotencyKey, message })
    }
    return {
      line,
      ledger,
      sender,
      send,
      acks,
      late: () => Promise.all(settledLate),
      disconnect: () => {
        socket = undefined
      },
    }
  }
  return { db, setUp }
}
