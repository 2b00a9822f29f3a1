import { connect } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { startDomain } from '../testing/start-domain.ts'
import { type KnownOfContact, upsertContact } from './upsert.ts'

const domain = await startDomain(t)
const { db, logger, url } = domain

const person = (fields: Partial<KnownOfContact>): KnownOfContact => ({
  kind: 'person',
  phone: null,
  lid: null,
  jid: null,
  ...fields,
})
const upsert = (fields: Partial<KnownOfContact>, tenantId = 'acme') =>
  commit(domain, (work) => upsertContact(work, tenantId, person(fields)))

const read = (id: string) =>
  db.selectFrom('contact').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

let last = 0
const newPhone = () => `+55119${String(++last).padStart(8, '0')}`
const newLid = () => `${++last}000000@lid`

t.test('one who is known by phone is known by the LID that comes with it, from then on', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  const { id } = await upsert({ phone })
  t.same(await upsert({ phone, lid }), { id })
  t.same(await upsert({ lid }), { id })
  t.match(await read(id), { phone, lid })
})

t.test('one who is known by LID is known by the phone that comes with it, from then on', async (t) => {
  const [phone, lid] = [newPhone(), newLid()]
  const { id } = await upsert({ lid })
  t.same(await upsert({ phone, lid }), { id })
  t.same(await upsert({ phone }), { id }, 'a broker that tells only the phone does not make a second contact')
  t.match(await read(id), { phone, lid })
})

t.test('a LID that is another person\u2019s is not taken from them', async (t) => {
  const [phone, lid, otherPhone, otherLid] = [newPhone(), newLid(), newPhone(), newLid()]
  const one = await upsert({ phone, lid: otherLid })
  const other = await upsert({ phone: otherPhone, lid })
  t.same(await upsert({ phone, lid }), one, 'where they contradict each other the phone decides')
  t.match(await read(one.id), { phone, lid: otherLid })
  t.match(await read(other.id), { phone: otherPhone, lid })
})

t.test('what is known stays, what is new is filled in, what is better replaces', async (t) => {
  const phone = newPhone()
  const { id } = await upsert({ phone, pushName: 'Mari' })
  t.match(await read(id), { name: 'Mari', push_name: 'Mari' }, 'the push name is shown until there is a name')
  await upsert({
    phone,
    name: 'Maria Silva',
    document: '123',
    registrations: ['A1'],
    avatarUrl: 'https://a/1',
  })
  await upsert({ phone, pushName: 'M.' })
  await upsert({ phone })
  t.match(await read(id), {
    name: 'Maria Silva',
    push_name: 'M.',
    document: '123',
    registrations: ['A1'],
    avatar_url: 'https://a/1',
  })
})

t.test('a name that was given stays when the push name changes, even if both were the same', async (t) => {
  const phone = newPhone()
  const { id } = await upsert({ phone, name: 'Maria', pushName: 'Maria' })
  await upsert({ phone, pushName: 'Mari' })
  t.match(await read(id), { name: 'Maria', push_name: 'Mari' })
})

t.test('without a given name the newest push name is shown', async (t) => {
  const phone = newPhone()
  const { id } = await upsert({ phone, pushName: 'Mari' })
  await upsert({ phone, pushName: 'Mari S.' })
  t.match(await read(id), { name: 'Mari S.', push_name: 'Mari S.' })
})

t.test('a message that tells nothing new does not write the contact', async (t) => {
  const known = { phone: newPhone(), lid: newLid(), pushName: 'Maria', registrations: ['A1'] }
  const { id } = await upsert(known)
  const before = await read(id)
  await upsert(known)
  await upsert({ phone: known.phone })
  t.same((await read(id)).updated_at, before.updated_at)
})

t.test('twenty at once with one phone are one contact, which knows what each of them told', async (t) => {
  const wide = connect({ url, logger, name: 'wide', maxConnections: 20 })
  t.teardown(wide.close)
  const { promise: allStarted, resolve: start } = Promise.withResolvers<void>()
  const [phone, lid] = [newPhone(), newLid()]
  let started = 0
  const upsertWithAll = (n: number) =>
    commit({ ...domain, db: wide.db }, async (work) => {
      if (++started === 20) start()
      await allStarted
      return upsertContact(work, 'acme', person(n === 19 ? { phone, lid } : { phone }))
    })
  const found = await Promise.all(Array.from({ length: 20 }, (_, n) => upsertWithAll(n)))
  t.equal(new Set(found.map(({ id }) => id)).size, 1)
  t.match(await read(found[0]?.id ?? ''), { phone, lid })
})

t.test('a group is known by its jid, and is nobody\u2019s phone', async (t) => {
  const jid = `12036300000${newId().slice(0, 4)}@g.us`
  const first = await upsert({ kind: 'group', jid })
  t.same(await upsert({ kind: 'group', jid }), first)
  t.match(await read(first.id), { kind: 'group', phone: null, jid })
})

t.test('the same phone is another contact for another tenant', async (t) => {
  const phone = newPhone()
  const [ours, theirs] = [await upsert({ phone }), await upsert({ phone, pushName: 'Other' }, 'other')]
  t.not(ours.id, theirs.id)
  t.equal((await read(ours.id)).name, null)
})
