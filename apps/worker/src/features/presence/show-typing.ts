import { readTypingNotice } from '@carteiro/domain/events/notify'
import { SHOW_EVERY_SECONDS, type ShownTyping, takeTypingTurn } from '@carteiro/domain/presence/show-typing'
import type { Dependencies } from '../../dependencies.ts'
import { markReadAtMeta } from './ask-meta.ts'
import type { TellDependencies } from './tell-read.ts'

export type TypingDependencies = TellDependencies &
  Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'report'>

/** Nobody said for so long that somebody types: it is shown no more. */
const STOPS_AFTER_MS = 10_000
const ASK_EVERY_MS = SHOW_EVERY_SECONDS.baileys * 1_000
/** Beyond it, typing in yet another ticket is not shown. */
const MAX_TICKETS = 10_000

/** A ticket of whose typing this worker has heard. */
interface Heard {
  askedAt: number
  /** Where this worker shows it. */
  shown?: ShownTyping
  stop: NodeJS.Timeout
}

/**
 * Shows on customers' phones that an operator types, for as long as it is told again within 10 s. What fails is not
 * tried again: the next notice does so.
 */
export function createTypingDisplay(dependencies: TypingDependencies) {
  const { db, lifecycle, logger, report } = dependencies
  const heard = new Map<string, Heard>()
  const under = new Set<Promise<void>>()

  const stop = (key: string, requestId: string) => {
    const { shown, stop: timer } = heard.get(key) ?? {}
    clearTimeout(timer)
    heard.delete(key)
    if (shown) start(pause(dependencies, shown, requestId))
  }
  const start = (running: Promise<unknown>) => {
    const act = running.then(
      () => undefined,
      (error) => logger.debug({ err: error }, 'typing was not shown'),
    )
    under.add(act)
    void act.finally(() => under.delete(act))
  }
  const show = async (key: string, typing: { tenantId: string; ticketId: string }) => {
    const shown = await takeTypingTurn(db, typing)
    if (!shown) return
    const isShown = await compose(dependencies, { ...typing, ...shown })
    report.typingShown(isShown)
    const entry = heard.get(key)
    if (!isShown) return
    if (entry) entry.shown = shown
    // It was told meanwhile that nobody types any more.
    else await pause(dependencies, shown, typing.ticketId)
  }

  lifecycle.onStop('typing', async () => {
    for (const { stop: timer } of heard.values()) clearTimeout(timer)
    heard.clear()
    await Promise.all(under)
  })

  return {
    /** Takes what an API process told. */
    heard: (payload: string) => {
      const notice = readTypingNotice(payload)
      if (!notice?.mayWrite || lifecycle.signal.aborted) return
      const { tenantId, ticketId } = notice
      const key = `${tenantId}/${ticketId}`
      if (!notice.typing) return stop(key, ticketId)
      const known = heard.get(key)
      if (!known && heard.size >= MAX_TICKETS) return
      clearTimeout(known?.stop)
      const timer = setTimeout(() => stop(key, ticketId), STOPS_AFTER_MS)
      const now = Date.now()
      const isDue = !known || now - known.askedAt >= ASK_EVERY_MS
      heard.set(key, { ...known, askedAt: isDue ? now : known.askedAt, stop: timer })
      if (isDue) start(show(key, { tenantId, ticketId }))
    },
  }
}

async function compose(
  dependencies: TypingDependencies,
  {
    tenantId,
    ticketId,
    instanceId,
    transport,
    to,
    messageId,
  }: ShownTyping & { tenantId: string; ticketId: string },
): Promise<boolean> {
  if (transport === 'cloud') {
    if (messageId === null) return false
    const message = { id: messageId, typing: true }
    return (await markReadAtMeta(dependencies, { tenantId, instanceId }, message)).outcome === 'told'
  }
  const presence = { presence: 'typing', to } as const
  const shown = await dependencies.broker?.setPresence(instanceId, presence, { requestId: ticketId })
  return shown?.status === 'done'
}

/** Meta has nothing for it: there it ends with the answer, or after 25 s. */
async function pause(
  { broker }: TypingDependencies,
  { instanceId, transport, to }: ShownTyping,
  requestId: string,
): Promise<void> {
  if (transport === 'baileys')
    await broker?.setPresence(instanceId, { presence: 'paused', to }, { requestId })
}
