import type { Database } from '@carteiro/database/connect'
import { findLiving } from '@carteiro/domain/keys/find-key'
import type { Logger } from '@carteiro/runtime/logger'
import { repeat } from '@carteiro/runtime/repeat'

/** The connections of a key that was revoked, or that has expired, end within 5 s. */
const LOOK_MS = 2_000

/** What a connection is told whose key opens nothing any more. */
export const KEY_ENDED = { code: 'INVALID_API_KEY', message: 'This API key was revoked, or has expired.' }

export interface KeyWatch {
  /** Ends a connection when its key opens nothing any more. @returns ends the watch */
  watch(keyId: string, onEnded: () => void): () => void
  /** Resolves when the signal has aborted and the last look is done. */
  stopped: Promise<void>
}

/** Looks every two seconds which keys of open connections are still alive, with one query for all of them. */
export function watchKeys(db: Database, logger: Logger, signal: AbortSignal): KeyWatch {
  const watched = new Map<string, Set<() => void>>()

  async function look(): Promise<void> {
    if (watched.size === 0) return
    const keyIds = [...watched.keys()]
    const living = await findLiving(db, keyIds)
    for (const keyId of keyIds) {
      if (living.has(keyId)) continue
      for (const onEnded of [...(watched.get(keyId) ?? [])]) onEnded()
    }
  }

  const stopped = repeat(look, {
    everyMs: LOOK_MS,
    signal,
    onError: (error) => logger.warn({ err: error }, 'keys of open connections could not be looked at'),
  })
  return {
    watch: (keyId, onEnded) => {
      const own = watched.get(keyId) ?? new Set()
      watched.set(keyId, own.add(onEnded))
      return () => {
        own.delete(onEnded)
        if (own.size === 0 && watched.get(keyId) === own) watched.delete(keyId)
      }
    },
    stopped,
  }
}
