import { createTestDatabase } from '@carteiro/database/test-database'
import { createSeal, SealError } from '@carteiro/runtime/seal'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { loadCredentials, saveCredentials } from './credential-store.ts'
import { KeyStore } from './key-store.ts'

const { db } = await createTestDatabase(t)
const seal = createSeal(Buffer.alloc(32, 1))
const { signal } = new AbortController()

async function createInstance(id: string) {
  await db.insertInto('broker.instance').values({ id, tenant_id: 'demo', name: id }).execute()
  return { id, open: () => new KeyStore({ db, seal, instanceId: id, signal }) }
}

const session = (text: string) => new Uint8Array(Buffer.from(text))

test('keys that were written are there for the next process, of every kind', async (t) => {
  const { open } = await createInstance('kinds')
  const pair = { public: session('public'), private: session('private') }
  await open().set({
    session: { 'a.0': session('one'), 'b.0': session('two') },
    'pre-key': { '7': pair },
    'sender-key-memory': { 'group@g.us': { 'a:1': true } },
    'device-list': { a: ['0', '3'] },
  })
  const next = open()
  t.same(await next.get('session', ['a.0', 'b.0', 'c.0']), {
    'a.0': Buffer.from('one'),
    'b.0': Buffer.from('two'),
  })
  t.same((await next.get('pre-key', ['7']))['7']?.private, Buffer.from('private'))
  t.same(await next.get('sender-key-memory', ['group@g.us']), { 'group@g.us': { 'a:1': true } })
  t.same(await next.get('device-list', ['a']), { a: ['0', '3'] })
})

test('one write changes and deletes together; what is read after it is never older', async (t) => {
  const { open } = await createInstance('changes')
  const store = open()
  await store.set({ session: { a: session('1'), b: session('1') } })
  await store.get('session', ['a', 'b'])
  await store.set({ session: { a: session('2'), b: null, c: session('1') } })
  const expected = { a: Buffer.from('2'), c: Buffer.from('1') }
  t.same(await store.get('session', ['a', 'b', 'c']), expected)
  t.same(await open().get('session', ['a', 'b', 'c']), expected)
})

test('what Baileys changes in its hands is not changed for the next reader', async (t) => {
  const { open } = await createInstance('hands')
  const store = open()
  await store.set({ 'sender-key-memory': { g: { a: true } } })
  const { g } = await store.get('sender-key-memory', ['g'])
  if (g) g.b = true
  t.same(await store.get('sender-key-memory', ['g']), { g: { a: true } })
})

test('keys are not readable in the database, nor under another instance', async (t) => {
  const one = await createInstance('one')
  const two = await createInstance('two')
  await one.open().set({ session: { a: session('ratchet') } })
  const rows = await db
    .selectFrom('broker.session_key')
    .selectAll()
    .where('instance_id', '=', 'one')
    .execute()
  t.equal(rows.length, 1)
  t.notOk(rows[0]?.sealed.includes(Buffer.from('ratchet').toString('base64')))
  await db
    .insertInto('broker.session_key')
    .values(rows.map((row) => ({ ...row, instance_id: 'two' })))
    .execute()
  await t.rejects(async () => await two.open().get('session', ['a']), SealError)
})

test('credentials survive a restart, and a key that does not fit never loses them', async (t) => {
  await createInstance('linked')
  const credentials = initAuthCreds()
  await saveCredentials(db, seal, { instanceId: 'linked' }, credentials)
  await saveCredentials(db, seal, { instanceId: 'linked' }, { ...credentials, nextPreKeyId: 31 })
  const loaded = await loadCredentials(db, seal, 'linked')
  t.equal(loaded?.nextPreKeyId, 31)
  t.same(loaded?.noiseKey.private, credentials.noiseKey.private)
  await t.rejects(loadCredentials(db, createSeal(Buffer.alloc(32, 2)), 'linked'), SealError)
  t.ok(await loadCredentials(db, seal, 'linked'))
})

test('new prekeys are written with the credentials that count them', async (t) => {
  await createInstance('counted')
  const creds = { ...initAuthCreds(), nextPreKeyId: 31, account: {} }
  const store = new KeyStore({ db, seal, instanceId: 'counted', signal, creds })
  await store.set({ session: { a: session('1') } })
  t.equal(await loadCredentials(db, seal, 'counted'), undefined)
  await store.set({ 'pre-key': { '30': { public: session('public'), private: session('private') } } })
  t.equal((await loadCredentials(db, seal, 'counted'))?.nextPreKeyId, 31)
})

test('what is set while a write is under way is written together, the newest of each key', async (t) => {
  const { open } = await createInstance('together')
  const store = open()
  const values = Array.from({ length: 50 }, (_, n) => `${n}`)
  await Promise.all(values.map((n) => store.set({ session: { same: session(n), [n]: session(n) } })))
  for (const reader of [store, open()]) {
    t.same(await reader.get('session', ['same', '0', '49']), {
      same: Buffer.from('49'),
      '0': Buffer.from('0'),
      '49': Buffer.from('49'),
    })
  }
})

test('after its socket has ended a store writes nothing more', async (t) => {
  await createInstance('ended')
  const ended = new AbortController()
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const store = new KeyStore({ db, seal, instanceId: 'ended', signal: ended.signal, onFault })
  ended.abort()
  await t.rejects(store.set({ session: { a: session('1') } }))
  await t.rejects(store.get('session', ['a']))
  await store.settled()
  t.same(faults, [])
})

test('keys are written under the lease alone, and read without asking again for what is not there', async (t) => {
  const { id } = await createInstance('leased')
  const lease = { instanceId: id, generation: '7', signal }
  const setGeneration = (generation: number) =>
    db
      .insertInto('broker.instance_lease')
      .values({ instance_id: id, holder: 'one', generation, expires_at: new Date(Date.now() + 60_000) })
      .onConflict((conflict) => conflict.column('instance_id').doUpdateSet({ generation }))
      .execute()
  await setGeneration(7)
  const store = new KeyStore({ db, seal, instanceId: id, lease, signal })
  t.same(await store.get('session', ['a']), {})
  await store.set({ session: { a: session('1') } })
  t.same(await store.get('session', ['a']), { a: Buffer.from('1') })
  await store.set({ session: { a: null } })
  t.same(await store.get('session', ['a']), {})
  await store.set({ session: { a: session('2') } })
  await setGeneration(8)
  await t.rejects(store.set({ session: { a: session('3'), b: session('3') } }), { name: 'LeaseLostError' })
  await t.rejects(store.set({ session: { a: null } }), { name: 'LeaseLostError' })
  const next = new KeyStore({ db, seal, instanceId: id, signal })
  t.same(await next.get('session', ['a', 'b']), { a: Buffer.from('2') })
})

test('where a commit is waited for later, the next step goes on from what this one wrote', async (t) => {
  const { id } = await createInstance('later')
  const commits: Promise<void>[] = []
  const store = new KeyStore({ db, seal, instanceId: id, signal, later: () => commits })
  await store.set({ session: { a: session('1') } })
  t.same(await store.get('session', ['a']), { a: Buffer.from('1') })
  await store.set({ session: { a: session('2'), b: session('1') } })
  await store.set({ session: { b: null } })
  t.same(await store.get('session', ['a', 'b']), { a: Buffer.from('2') })
  t.equal(commits.length, 3)
  await Promise.all(commits)
  const next = new KeyStore({ db, seal, instanceId: id, signal })
  t.same(await next.get('session', ['a', 'b']), { a: Buffer.from('2') })
})
