// Installs what is missing before a command runs, so that one command is enough on a fresh clone. Runs on the
// machine's own Node (20 or newer) and so is plain JavaScript that needs no package.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 20
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const modules = path.join(root, 'node_modules')
const lockFile = path.join(root, 'package-lock.json')
const installedLockFile = path.join(modules, '.package-lock.json')
const ownNode = path.join(modules, '.bin', 'node')

assertNode()
const reason = reasonToInstall()
if (reason) install(reason)

function assertNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= OLDEST_NODE) return
  fail(`Carteiro needs Node ${OLDEST_NODE} or newer to install itself; this is ${process.version}.`)
}

/** Why the packages must be installed, or nothing. */
function reasonToInstall() {
  if (!existsSync(installedLockFile)) return 'the packages are not installed yet'
  if (!existsSync(ownNode)) return 'the Node that Carteiro runs on is not installed'
  if (existsSync(lockFile) && modifiedAt(lockFile) > modifiedAt(installedLockFile))
    return 'package-lock.json is newer than what is installed'
  return undefined
}

/** @param {string} reason */
function install(reason) {
  const command = existsSync(lockFile) ? 'ci' : 'install'
  console.log(`carteiro: ${reason}: running "npm ${command}", which takes a minute or two.`)
  const { status, error } = spawnSync(
    'npm',
    [command, '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: pathWithoutOwnNode() } },
  )
  if (error) fail(`npm could not be run: ${error.message}`)
  if (status !== 0) fail(`"npm ${command}" failed; what it wrote above says why. Mend that and try again.`)
  if (!existsSync(ownNode))
    fail(
      'The npm package "node" has no executable: install scripts seem to be off (npm config get ignore-scripts).',
    )
  console.log('carteiro: the packages are installed.')
}

/** npm removes node_modules first, so it must not itself run on the Node in there. */
function pathWithoutOwnNode() {
  const entries = (process.env.PATH ?? '').split(path.delimiter)
  return entries.filter((entry) => path.resolve(entry) !== path.dirname(ownNode)).join(path.delimiter)
}

/** @param {string} file */
function modifiedAt(file) {
  return statSync(file).mtimeMs
}

/** @param {string} sentence */
function fail(sentence) {
  console.error(`carteiro: ${sentence}`)
  process.exit(1)
}
