import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

const INSTALL_TIMEOUT_MS = 240_000

/**
 * Where the Chromium of this machine is. Where there is none, Debian's is installed, if that is allowed here.
 *
 * @throws Error with a sentence that says what is missing
 */
export function ensureChromium(): string {
  const found = findChromium() ?? (canInstall() ? install() : undefined)
  if (found) return found
  throw new Error(
    'There is no Chromium on this machine. Install it (Debian: apt-get install chromium) or put it on PATH.',
  )
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)))
  return [...files, ...PLACES].find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const canInstall = (): boolean => process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get')

function install(): string | undefined {
  apt('update')
  apt('install', '--yes', '--no-install-recommends', 'chromium')
  return findChromium()
}

/** @throws Error with what apt-get said */
function apt(...args: string[]): void {
  const { status, stderr } = spawnSync('apt-get', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status === 0) return
  throw new Error(
    `There is no Chromium, and "apt-get ${args.join(' ')}" failed: ${stderr.trim().slice(-500)}`,
  )
}
