import { createTestDatabase } from '@carteiro/database/test-database'
import { createSeal } from '@carteiro/runtime/seal'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { type HeldLease, LeaseLostError } from '../../held-lease.ts'
import { createHeldInstance, takeAway } from '../../test-lease.ts'
import { loadCredentials, saveCredentials } from './credential-store.ts'
import { KeyStore } from './key-store.ts'
import { forgetSession, readSessionRow, replaceSession, resetKeys, writeEnd } from './session-row.ts'

const { db } = await createTestDatabase(t)
const seal = createSeal(Buffer.alloc(32, 1))
const { signal } = new AbortController()

const bytes = new Uint8Array([1, 2, 3])
const pair = { public: bytes, private: bytes }

/** An instance with credentials and keys of all sorts. */
async function createSession(id: string) {
  const lease = await createHeldInstance(db, id)
  const credentials = initAuthCreds()
  await saveCredentials(db, seal, { instanceId: id, lease }, credentials)
  const keys = () => new KeyStore({ db, seal, instanceId: id, lease, signal })
  await keys().set({ session: { a: bytes }, 'pre-key': { 1: pair }, 'sender-key': { g: bytes } })
  return { lease, credentials, keys }
}

/** Whose credentials are kept. */
const keptKey = async (id: string) => (await loadCredentials(db, seal, id))?.noiseKey

const wanted = async ({ instanceId }: HeldLease) =>
  (
    await db
      .selectFrom('broker.instance')
      .select('wanted')
      .where('id', '=', instanceId)
      .executeTakeFirstOrThrow()
  ).wanted

test('a session that a person logged out leaves nothing behind', async (t) => {
  const { lease, keys } = await createSession('gone')
  await forgetSession(db, lease)
  t.equal(await loadCredentials(db, seal, 'gone'), undefined)
  t.same(await keys().get('session', ['a']), {})
  t.equal(await wanted(lease), false)
})

test('a session that WhatsApp called logged out keeps its data, and asks for a new link', async (t) => {
  const { lease, credentials, keys } = await createSession('out')
  await writeEnd(db, lease, { status: 'logged_out', reason: 'logged_out' })
  t.match(await readSessionRow(db, 'out'), {
    state: { status: 'logged_out', reason: 'logged_out', phone: null },
    relink: true,
  })
  t.equal(await wanted(lease), false)
  t.same(await keptKey('out'), credentials.noiseKey)
  t.same((await keys().get('session', ['a'])).a, bytes)
})

test('a new link replaces what was kept of the old one, keys and all', async (t) => {
  const { lease, credentials, keys } = await createSession('again')
  await writeEnd(db, lease, { status: 'logged_out', reason: 'logged_out' })
  const linked = initAuthCreds()
  await replaceSession(db, seal, lease, linked)
  t.same(await keptKey('again'), linked.noiseKey)
  t.notSame(linked.noiseKey, credentials.noiseKey)
  t.same(await keys().get('session', ['a']), {})
  t.match(await readSessionRow(db, 'again'), { relink: false })
})

test('a reset takes what belongs to chats; credentials and prekeys stay, and its time is remembered', async (t) => {
  const { lease, credentials, keys } = await createSession('bad')
  const at = await resetKeys(db, lease)
  t.same(await keys().get('session', ['a']), {})
  t.same(await keys().get('sender-key', ['g']), {})
  t.same((await keys().get('pre-key', ['1']))[1], pair)
  t.same(await keptKey('bad'), credentials.noiseKey)
  t.same((await readSessionRow(db, 'bad'))?.keysResetAt, at)
})

test('of an instance that another broker holds, nothing is written', async (t) => {
  const { lease, credentials, keys } = await createSession('lost')
  await takeAway(db, lease)
  const acts: (() => Promise<unknown>)[] = [
    () => writeEnd(db, lease, { status: 'disconnected', reason: 'replaced' }),
    () => resetKeys(db, lease),
    () => forgetSession(db, lease),
    () => replaceSession(db, seal, lease, initAuthCreds()),
  ]
  for (const act of acts) await t.rejects(async () => void (await act()), LeaseLostError)
  t.equal(await wanted(lease), true)
  t.same(await keptKey('lost'), credentials.noiseKey)
  t.same((await keys().get('session', ['a'])).a, bytes)
})
