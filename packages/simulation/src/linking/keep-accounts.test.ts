import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import type { WhatsAppServerOptions } from '../server/whatsapp-server.ts'
import { type KeptAccounts, keepAccounts } from './keep-accounts.ts'
import { openClient, untilClosed } from './test-linked-device.ts'
import { startLinking } from './test-linking.ts'

const PHONE = '5511987654321'

/** A server that keeps its accounts in a file. */
async function startKept(t: Test, file: string) {
  let kept: KeptAccounts | undefined
  const options: WhatsAppServerOptions = { listener: { onDevices: () => kept?.save() } }
  const started = await startLinking(t, options)
  kept = await keepAccounts(file, started.server.persons, (error) => t.fail(String(error)))
  return { ...started, saved: kept.saved }
}

test('a client that was linked logs in to the next server, and one that was logged out does not', async (t) => {
  const file = join(t.testdir(), 'simulator', 'accounts.json')
  const first = await startKept(t, file)
  const { auth, linked } = await first.link(PHONE)
  const gone = await first.link(PHONE)
  first.linking.remove(PHONE, 2)
  await first.saved()
  t.equal((await stat(file)).mode & 0o777, 0o600)

  const second = await startKept(t, file)
  t.same(second.linking.companions(PHONE), [linked])
  await second.logIn(auth, linked)
  t.equal(await untilClosed(openClient(second.url, gone.auth)), 401)
  t.match((await second.link(PHONE)).linked, { device: 3 }, 'no number is given twice')
})

test('a file that holds something else stops the server, and stays as it is', async (t) => {
  const file = join(t.testdir(), 'accounts.json')
  for (const text of ['', '{', '{"accounts":[{"phone":"x"}]}']) {
    await writeFile(file, text)
    await t.rejects(startKept(t, file), { message: file })
    t.equal(await readFile(file, 'utf8'), text)
  }
})
