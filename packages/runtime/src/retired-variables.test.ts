import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import t from 'tap'
import { findRetired } from './retired-variables.ts'

t.test('a variable that does nothing any more is told by its name, and stops nothing', async (t) => {
  const retired = ['WHATSAPP_MODE', 'WHATSAPP_SESSION_STORE_DRIVER']
  const value = 'sidecar-or-a-secret'
  const process_ = spawn(process.execPath, ['apps/worker/src/main.ts'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
      WORKER_PORT: '0',
      ...Object.fromEntries(retired.map((name) => [name, value])),
    },
  })
  t.teardown(() => process_.kill('SIGKILL'))
  const told: string[] = []
  for await (const line of createInterface(process_.stdout)) {
    t.notMatch(line, value)
    const { level, variable } = JSON.parse(line)
    if (variable !== undefined) told.push(`${level} ${variable}`)
    if (told.length === retired.length) break
  }
  t.same(told, ['warn WHATSAPP_MODE', 'warn WHATSAPP_SESSION_STORE_DRIVER'])
})

t.test('what is ours is not among them', async (t) => {
  t.same(findRetired({ WHATSAPP_BROKER_URL: 'x', WHATSAPP_MODES: 'x', SESSION_ENCRYPTION_KEY: 'x' }), [])
})
