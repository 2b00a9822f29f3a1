import { SCOPES } from '@carteiro/contracts/scope'
import { sql } from 'kysely'
import t from 'tap'
import { startDomain } from '../testing/start-domain.ts'
import { createKey } from './create-key.ts'
import { findKey, findLiving, mayAct } from './find-key.ts'
import { listKeys } from './list-keys.ts'
import { revokeKey } from './revoke-key.ts'

const { db } = await startDomain(t)
const newKey = (fields: Partial<Parameters<typeof createKey>[1]> = {}) =>
  createKey({ db }, { tenantId: 'acme', name: 'Inbox', scopes: ['read', 'send'], actor: 'cli', ...fields })

t.test('a key opens its tenant, with its scopes, under its name', async (t) => {
  const { id, secret, status } = await newKey()
  t.equal(status, 'created')
  t.same(await findKey(db, secret), {
    tenantId: 'acme',
    keyId: id,
    scopes: ['read', 'send'],
    name: `key:${id}`,
  })
  const ofUser = await newKey({ userId: 'maria' })
  t.match(await findKey(db, ofUser.secret), { name: 'maria' })
})

t.test('no two keys are alike, and a wrong one opens nothing', async (t) => {
  const [one, other] = [await newKey(), await newKey()]
  t.not(one.secret, other.secret)
  for (const wrong of ['', `${one.secret} `, one.secret.slice(1), one.id, 'null']) {
    t.equal(await findKey(db, wrong), undefined, wrong)
  }
})

t.test('the secret is nowhere in the database', async (t) => {
  const { secret } = await newKey()
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'broker', 'pgboss')`.execute(db)
  t.ok(tables.length > 20)
  const hex = Buffer.from(secret).toString('hex')
  for (const { name } of tables) {
    const { rows } = await sql`
      select from ${sql.raw(name)} as r where position(${secret} in r::text) > 0 or position(${hex} in r::text) > 0
    `.execute(db)
    t.equal(rows.length, 0, name)
  }
})

t.test('a revoked key opens nothing, from that moment on', async (t) => {
  const { id, secret } = await newKey()
  t.equal(await revokeKey({ db }, { tenantId: 'acme', id, actor: 'test' }), true)
  t.equal(await findKey(db, secret), undefined)
  t.equal(await revokeKey({ db }, { tenantId: 'acme', id, actor: 'test' }), false, 'it is revoked once')
})

t.test('a key that has expired opens nothing', async (t) => {
  const { id, secret } = await newKey({ expiresAt: new Date(Date.now() + 60_000) })
  t.ok(await findKey(db, secret))
  t.ok((await findLiving(db, [id])).has(id))
  await db.updateTable('api_key').set({ expires_at: sql`now()` }).where('id', '=', id).execute()
  t.equal(await findKey(db, secret), undefined)
  t.notOk((await findLiving(db, [id])).has(id))
})

t.test('when a key was last used is known, to the minute', async (t) => {
  const { id, secret } = await newKey()
  const lastUsedAt = async () =>
    (await listKeys(db, { tenantId: 'acme', limit: 1 })).items.find((key) => key.id === id)?.lastUsedAt
  t.equal(await lastUsedAt(), null)
  await findKey(db, secret)
  const first = await lastUsedAt()
  t.ok(first)
  await findKey(db, secret)
  t.equal(await lastUsedAt(), first, 'a second use in the same minute writes nothing')
})

t.test('a tenant can neither see nor revoke another\u2019s key', async (t) => {
  const { id, secret } = await newKey()
  t.equal(await revokeKey({ db }, { tenantId: 'other', id, actor: 'test' }), false)
  t.ok(await findKey(db, secret))
  t.same(await listKeys(db, { tenantId: 'other', limit: 50 }), { items: [], next: null })
  const { items: listed } = await listKeys(db, { tenantId: 'acme', limit: 50 })
  t.ok(listed.some((key) => key.id === id))
  t.notOk(JSON.stringify(listed).includes('hash'))
})

t.test(
  'a secret that the operator chose is found again at the next start, by its tenant alone',
  async (t) => {
    const secret = 'chosen by the operator'
    const first = await newKey({ secret })
    t.same(await newKey({ secret }), { id: first.id, secret, status: 'exists' })
    await t.rejects(newKey({ secret, tenantId: 'other' }), /in use/)
    await t.rejects(newKey({ secret: 'short' }), /16 characters/)
  },
)

t.test('making a key is on record', async (t) => {
  const { id } = await newKey({ actor: 'maria' })
  const entry = await db
    .selectFrom('audit_entry')
    .select(['actor', 'action', 'details'])
    .where('entity_id', '=', id)
    .executeTakeFirst()
  t.same(entry, { actor: 'maria', action: 'CREATED', details: { name: 'Inbox', scopes: ['read', 'send'] } })
})

t.test('a key may do what its scopes say; an admin may do all', async (t) => {
  for (const scope of SCOPES) {
    t.ok(mayAct({ scopes: [scope] }, scope))
    t.ok(mayAct({ scopes: ['admin'] }, scope))
    t.notOk(mayAct({ scopes: SCOPES.filter((other) => other !== scope && other !== 'admin') }, scope), scope)
  }
})
