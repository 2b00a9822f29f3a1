import { randomBytes } from 'node:crypto'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createSeal, SealError } from '@carteiro/runtime/seal'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { loadCredentials, saveCredentials } from './credential-store.ts'
import { openCredentials } from './credentials.ts'
import { KeyStore } from './key-store.ts'
import { missingSealKeys } from './reseal-session.ts'

const { db } = await createTestDatabase(t)
const { signal } = new AbortController()
const [older, newer] = [
  { id: '2025', key: randomBytes(32) },
  { id: '2026', key: randomBytes(32) },
]
const session = { instanceId: 'main', db, signal, onSaveFailed: () => undefined }
const keysOf = (seal: ReturnType<typeof createSeal>) => new KeyStore({ ...session, seal })

test('after a session was opened with a new key in front, it needs the old one no more', async (t) => {
  await db.insertInto('broker.instance').values({ id: 'main', tenant_id: 'demo', name: 'main' }).execute()
  const before = createSeal([older])
  await saveCredentials(db, before, session, initAuthCreds())
  const many = Array.from({ length: 600 }, (_, id) => [`${id}`, Buffer.from(`key ${id}`)])
  await keysOf(before).set({ 'sender-key': Object.fromEntries(many) })

  const after = createSeal([newer])
  t.same(await missingSealKeys(db, after), ['2025'])
  await t.rejects(openCredentials({ ...session, seal: after }), SealError)
  t.ok(await loadCredentials(db, before, 'main'), 'nothing was replaced')

  await openCredentials({ ...session, seal: createSeal([newer, older]) })
  t.same(await missingSealKeys(db, after), [])
  const { current } = await openCredentials({ ...session, seal: after })
  t.same(current, await loadCredentials(db, after, 'main'))
  t.same(await keysOf(after).get('sender-key', ['0', '599']), {
    '0': Buffer.from('key 0'),
    '599': Buffer.from('key 599'),
  })
})
