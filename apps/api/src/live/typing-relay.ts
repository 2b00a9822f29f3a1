import type { Notifier } from '@carteiro/database/notifier'
import { readTypingNotice, type TypingNotice } from '@carteiro/domain/events/notify'
import type { Logger } from '@carteiro/runtime/logger'

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
      const notice = readTypingNotice(payload)
      if (!notice) return logger.warn('a typing notice was not understood')
      for (const hear of hearers) hear(notice)
    },
    onTyping: (hear) => void hearers.push(hear),
  }
}
