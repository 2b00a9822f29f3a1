import type { Notifier } from '@carteiro/database/notifier'
import type { Logger } from '@carteiro/runtime/logger'
import { z } from 'zod'

const TypingNotice = z.object({
  tenantId: z.string(),
  ticketId: z.string(),
  by: z.string(),
  typing: z.boolean(),
  /** The socket that said it hears it from nobody. */
  socketId: z.string(),
})
export type TypingNotice = z.infer<typeof TypingNotice>

export interface TypingRelay {
  /** Tells every API process, this one too. */
  tell(notice: TypingNotice): void
  /** Takes what a process told. */
  heard(payload: string): void
  /** Is told what any process told. */
  onTyping(hear: (notice: TypingNotice) => void): void
}

/** Who types, between processes: by NOTIFY alone, so it is never stored, and lost where nobody listens. */
export function createTypingRelay(notifier: Notifier, logger: Logger): TypingRelay {
  const hearers: ((notice: TypingNotice) => void)[] = []
  return {
    tell: (notice) => notifier.notify(JSON.stringify(notice)),
    heard: (payload) => {
      const notice = TypingNotice.safeParse(parse(payload))
      if (!notice.success) return logger.warn('a typing notice was not understood')
      for (const hear of hearers) hear(notice.data)
    },
    onTyping: (hear) => void hearers.push(hear),
  }
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}
