import path from 'node:path'

/** The project's own folder. */
export const ROOT = path.resolve(import.meta.dirname, '..', '..')

/** Where the executables of the installed packages are. */
const EXECUTABLES = path.join(ROOT, 'node_modules', '.bin')

/** `PATH` with this Node and the packages' executables first, so that a child runs on them too. */
export const pathWithExecutables = (): string => [EXECUTABLES, process.env.PATH ?? ''].join(path.delimiter)
