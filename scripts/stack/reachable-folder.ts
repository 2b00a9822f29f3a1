import { existsSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'

const OTHERS_MAY_ENTER = 0o001

/**
 * As root, PostgreSQL runs as the system user `postgres`, who must be able to walk down to `folder`.
 *
 * @throws Error naming the first folder on the way that is closed to others, and what to do about it
 */
export function assertReachableByServer(folder: string): void {
  if (process.getuid?.() !== 0) return
  const closed = foldersDownTo(folder).find((step) => (statSync(step).mode & OTHERS_MAY_ENTER) === 0)
  if (closed === undefined) return
  throw new Error(
    `PostgreSQL runs as the user "postgres" when you are root, and that user may not enter ${closed}, on the way to ` +
      `${folder}. Allow it (chmod o+x ${closed}), work in another folder or as an ordinary user, or set DATABASE_URL.`,
  )
}

/** Every existing folder from the root down to `folder`, symbolic links followed. */
function foldersDownTo(folder: string): string[] {
  let existing = path.resolve(folder)
  while (!existsSync(existing)) existing = path.dirname(existing)
  const steps = [realpathSync(existing)]
  for (;;) {
    const parent = path.dirname(steps[0] ?? '/')
    if (parent === steps[0]) return steps
    steps.unshift(parent)
  }
}
