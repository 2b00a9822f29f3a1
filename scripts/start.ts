import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Credentials } from './stack/credentials.ts'
import { endServerLeftBehind } from './stack/server-left-behind.ts'
import { type Stack, startStack } from './stack/start-stack.ts'
import { choosePorts } from './start/choose-ports.ts'
import { readStartConfig, type StartConfig } from './start/start-config.ts'
import { writeWelcome } from './start/write-welcome.ts'

/** `npm start`: everything on this machine, ready to be tried. Ctrl-C or SIGTERM stops it all, in order. */
const stopAsked = new AbortController()
let stack: Stack | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A Ctrl-C may come twice, from the terminal and from npm: only the first one counts.
  process.on(signal, () => void stop(signal))
}
// Whoever read our output may be gone; that is no reason to leave the processes unattended.
process.stdout.on('error', () => undefined)

try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  stack = await start(readStartConfig(process.env))
  writeWelcome(stack)
} catch (error) {
  if (!stopAsked.signal.aborted) {
    console.error(`carteiro: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
  exitStopped()
}

async function start(config: StartConfig): Promise<Stack> {
  const dataDirectory = path.resolve(config.DATA_DIR)
  const leftBehind = await endServerLeftBehind(dataDirectory)
  if (leftBehind.status === 'ended') tell('ended PostgreSQL, which a start that was killed had left behind')
  const ports = await choosePorts(config)
  tell(`starting, with its data in ${dataDirectory}`)
  return await startStack({
    dataDirectory,
    ports,
    simulator: config.SIMULATOR,
    databaseUrl: config.DATABASE_URL,
    host: config.HOST,
    credentials: givenSecrets(config),
    common: process.env,
    onProgress: tell,
    signal: stopAsked.signal,
  })
}

function givenSecrets(config: StartConfig): Partial<Credentials> {
  const given = {
    apiKey: config.BOOTSTRAP_API_KEY,
    brokerKey: config.WHATSAPP_BROKER_API_KEY,
    webhookHmacSecret: config.WHATSAPP_WEBHOOK_HMAC_SECRET,
    sessionEncryptionKey: config.SESSION_ENCRYPTION_KEY,
  }
  return Object.fromEntries(Object.entries(given).filter(([, secret]) => secret !== undefined))
}

async function stop(signal: string): Promise<void> {
  if (stopAsked.signal.aborted) return
  tell(`${signal}: stopping`)
  stopAsked.abort()
  if (!stack) return
  await stack.stop()
  exitStopped()
}

function exitStopped(): never {
  tell('stopped')
  process.exit(0)
}

function tell(sentence: string): void {
  console.log(`carteiro: ${sentence}`)
}
