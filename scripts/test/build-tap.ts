import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathWithExecutables, ROOT } from '../stack/folders.ts'

/** Made by `tap build`, and gone when the packages are installed anew. */
const BUILT = path.join(
  ROOT,
  'node_modules',
  '@tapjs',
  'test',
  'test-built',
  'node_modules',
  '@tapjs',
  'core',
)

/**
 * Makes tap's test class from the plugins of `.taprc`, once after the packages were installed. tap would do so by
 * itself, but only after it has chosen how to load the tests: its first run would still use the plugin that `.taprc`
 * leaves out, which needs an older TypeScript.
 *
 * @throws Error when tap cannot build it
 */
export function buildTap(): void {
  if (existsSync(BUILT)) return
  const { status } = spawnSync('tap', ['build'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: pathWithExecutables() },
  })
  if (status !== 0) throw new Error('"tap build" failed.')
}
