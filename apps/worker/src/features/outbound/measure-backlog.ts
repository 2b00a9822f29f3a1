import { type Backlog, readBacklog } from '@carteiro/domain/outbox/read-backlog'
import { Gauge } from '@carteiro/runtime/metrics'
import type { Dependencies } from '../../dependencies.ts'

/** Scrapes that follow one another look once. */
const FRESH_MS = 1_000

/** Gauges of what the outbox holds, read when they are asked for. While the database is away they keep their values. */
export function measureBacklog({
  db,
  logger,
  registry,
}: Pick<Dependencies, 'db' | 'logger' | 'registry'>): void {
  let reading: Promise<Backlog | undefined> | undefined
  let readAt = Number.NEGATIVE_INFINITY

  const read = () => {
    if (!reading || performance.now() - readAt > FRESH_MS) {
      readAt = performance.now()
      reading = readBacklog(db).catch((error) => {
        logger.warn({ err: error }, 'the outbox could not be counted')
        return undefined
      })
    }
    return reading
  }

  new Gauge({
    name: 'whatsapp_outbox_messages',
    help: 'Outbound messages that have not left, by where they stand; the same from every worker',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const backlog = await read()
      if (!backlog) return
      this.set({ state: 'QUEUED' }, backlog.queued)
      this.set({ state: 'SCHEDULED' }, backlog.scheduled)
      this.set({ state: 'SENDING' }, backlog.sending)
    },
  })
  new Gauge({
    name: 'whatsapp_outbox_oldest_seconds',
    help: 'Age of the oldest outbound message that waits for its turn',
    registers: [registry],
    async collect() {
      const backlog = await read()
      if (backlog) this.set(backlog.oldestSeconds)
    },
  })
}
