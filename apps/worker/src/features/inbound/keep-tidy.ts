import { catchUp } from '@carteiro/domain/envelopes/catch-up'
import { purgeInbound } from '@carteiro/domain/envelopes/purge'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

const CATCH_UP_MS = 15_000
const PURGE_MS = 3_600_000

/** The chores of what comes in: what missed its message by a moment finds it, and leftovers go. */
export function keepTidy(dependencies: Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'notifier'>): void {
  keepDoing(dependencies, { name: 'inbound catching up', everyMs: CATCH_UP_MS }, () => catchUp(dependencies))
  keepDoing(dependencies, { name: 'inbound purge', everyMs: PURGE_MS }, () => purgeInbound(dependencies.db))
}
