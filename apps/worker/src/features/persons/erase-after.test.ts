import { setImmediate } from 'node:timers/promises'
import { mergeContacts } from '@carteiro/domain/contacts/merge'
import { saveTold } from '@carteiro/domain/contacts/save-told'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { envelopeBase, messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { sql } from 'kysely'
import t from 'tap'
import { startErasing, wordsOf } from '../../testing/start-erasing.ts'

const { db, domain, erase, fill, finish, roundOfDue, rowsOf, stateOf } = await startErasing(t)

const contactOf = async (column: 'phone' | 'lid', value: string) =>
  (await db.selectFrom('contact').select('id').where(column, '=', value).executeTakeFirstOrThrow()).id

async function isSomebodyWaiting(): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows.length > 0
}

t.test('an erasure that was asked for one of two contacts which turn out to be one is of both', async (t) => {
  const one = { phone: '+5511987654321', lid: '98765432100001@lid', mark: 'mg1c33' }
  const { phone, lid, mark } = one
  for (const address of [{ phone }, { chatKey: lid, contact: {} }]) {
    await commit(domain, (work) => saveMessage(work, messageEnvelope({ ...address, text: `${mark} words` })))
  }
  const [kept, gone] = [await contactOf('phone', phone), await contactOf('lid', lid)]
  await erase(gone)
  const told = { ...envelopeBase({ phone }), kind: 'contact' as const, phone, lid, contact: {} }
  await commit(domain, (work) => saveTold(work, told))
  t.equal(await contactOf('lid', lid), kept, 'they are one')
  t.match(await stateOf(kept), { step: 'begin' })
  await finish(kept)
  t.equal(await stateOf(gone), undefined)
  t.same(await rowsOf(wordsOf(one)), [])
})

t.test('an erasure that begins while two contacts become one waits for that, and is of both', async (t) => {
  const one = { phone: '+5511987654324', lid: '98765432400004@lid', mark: 'mg4e55' }
  const { phone, lid, mark } = one
  for (const address of [{ phone }, { chatKey: lid, contact: {} }]) {
    await commit(domain, (work) => saveMessage(work, messageEnvelope({ ...address, text: `${mark} words` })))
  }
  const [kept, gone] = [await contactOf('phone', phone), await contactOf('lid', lid)]
  await erase(gone)
  const begun = await commit(domain, async (work) => {
    t.equal(await mergeContacts(work, 'acme', [kept, gone]), kept)
    const rounding = roundOfDue()
    while (!(await isSomebodyWaiting())) await setImmediate()
    return { rounding }
  })
  await begun.rounding
  t.match(await stateOf(kept), { step: 'begin' })
  t.equal(await stateOf(gone), undefined)
  await finish(kept)
  t.same(await rowsOf(wordsOf(one)), [])
})

t.test('an erasure that fails is tried again later, and those behind it go on', async (t) => {
  const ids: string[] = []
  for (const n of [2, 3]) {
    const one = { phone: `+551198765432${n}`, lid: `9876543200000${n}@lid`, mark: `fa${n}d44` }
    const { contactId } = await fill(one)
    await erase(contactId)
    ids.push(contactId)
  }
  const [broken = '', sound = ''] = ids
  const ofBroken = sql`where contact_id = ${broken}`
  await sql`
    update contact_erasure set step = 'messages', place = '{"number": "none"}', started_at = now(),
      next_try_at = now() - interval '1 hour' ${ofBroken}`.execute(db)
  await roundOfDue()
  t.match(await stateOf(sound), { step: 'files' })
  t.match(await stateOf(broken), { step: 'messages', waitingFor: 'another try after an error' })
  const { rows } =
    await sql`select failures, next_try_at > now() as is_later from contact_erasure ${ofBroken}`.execute(db)
  t.same(rows, [{ failures: 1, is_later: true }])
  await sql`update contact_erasure set step = 'begin', place = null ${ofBroken}`.execute(db)
  await finish(broken)
})
