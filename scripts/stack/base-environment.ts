import { pathWithExecutables } from './folders.ts'

/** What a child gets of this process's environment, so that a test's or a shell's variables do not leak into it. */
const KEPT = [
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'USER',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'NODE_COMPILE_CACHE',
]

/** The variables that every child needs, whatever it does. */
export function baseEnvironment(): NodeJS.ProcessEnv {
  const kept = KEPT.filter((name) => process.env[name] !== undefined)
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    PATH: pathWithExecutables(),
  }
}
