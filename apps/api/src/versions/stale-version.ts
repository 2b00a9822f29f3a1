import { Problem } from '@carteiro/contracts/problem'

/** Somebody wrote meanwhile what `If-Match` named an older version of. */
export const staleVersion = (version: number) =>
  new Problem(
    'STALE_VERSION',
    `Somebody wrote version ${version} meanwhile: read it, and write your change over that.`,
    { details: { version } },
  )
