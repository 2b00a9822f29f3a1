import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { TEMPLATE_DATABASE } from '@carteiro/database/test-database'
import { pathWithExecutables, ROOT } from './stack/folders.ts'
import { migrateDatabase } from './stack/migrate-database.ts'
import { findFreePort } from './stack/ports.ts'
import { startPostgres } from './stack/postgres-process.ts'
import { createProcessGroup } from './stack/process-group.ts'
import { buildTap } from './test/build-tap.ts'
import { type Counts, readResults } from './test/read-results.ts'
import { writeLines } from './test/write-lines.ts'

/**
 * `npm test [-- FILES]`: a PostgreSQL of its own with a migrated template database, tap over the files (all, unless
 * some are named), and everything put away again. The last line is `N passed, N failed`, counted in assertions.
 */
const folder = mkdtempSync(path.join(tmpdir(), 'carteiro-test-'))
const group = createProcessGroup({ logsDirectory: folder, tell: () => undefined })
let result = { exitCode: 1, passed: 0, failed: 0 }

try {
  buildTap()
  const postgres = await startPostgres(group, {
    dataDirectory: folder,
    port: await findFreePort(),
    databases: [TEMPLATE_DATABASE],
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  })
  await migrateDatabase(postgres.url(TEMPLATE_DATABASE))
  result = await runTap(postgres.url('postgres'), process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
} finally {
  await group.stop()
  rmSync(folder, { recursive: true, force: true })
}

const good = result.exitCode === 0 && result.failed === 0 && result.passed > 0
console.log(`${result.passed} passed, ${good ? 0 : Math.max(result.failed, 1)} failed`)
process.exitCode = good ? 0 : Math.max(result.exitCode, 1)

async function runTap(serverUrl: string, args: string[]): Promise<Counts & { exitCode: number }> {
  const tap = spawn('tap', ['--reporter=tap', ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PATH: pathWithExecutables(),
      TEST_DATABASE_URL: serverUrl,
      // Hundreds of processes load the same modules: stripped and compiled once, they start in half the time.
      NODE_COMPILE_CACHE: path.join(folder, 'compile-cache'),
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => tap.kill(signal))
  const [counts, [code]] = await Promise.all([readResults(tap.stdout, writeLines), once(tap, 'exit')])
  return { ...counts, exitCode: typeof code === 'number' ? code : 1 }
}
