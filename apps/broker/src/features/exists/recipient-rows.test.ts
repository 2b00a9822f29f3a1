import { createTestDatabase } from '@carteiro/database/test-database'
import { sql } from 'kysely'
import { t, test } from 'tap'
import type { Answer } from './ask-whatsapp.ts'
import { deleteOldAnswers, findAnswers, keepAnswers } from './recipient-rows.ts'

const { db } = await createTestDatabase(t)
for (const id of ['main', 'other']) {
  await db.insertInto('broker.instance').values({ id, tenant_id: 'demo', name: 'n' }).execute()
}
const yes = { isOnWhatsApp: true, jid: '551188887777@s.whatsapp.net', lid: '1@lid' }
const no = { isOnWhatsApp: false, jid: null, lid: null }
const age = (digits: string, time: string) =>
  sql`update broker.recipient set checked_at = now() - ${time}::interval where digits = ${digits}`.execute(db)

test('an answer is kept for 7 days, for its instance alone', async (t) => {
  await keepAnswers(db, 'main', new Map([['5511988887777', yes]]))
  t.same(await findAnswers(db, 'main', ['5511988887777', '55']), new Map([['5511988887777', yes]]))
  t.same(await findAnswers(db, 'other', ['5511988887777']), new Map())
  await age('5511988887777', '7 days 1 minute')
  t.same(await findAnswers(db, 'main', ['5511988887777']), new Map())
  await keepAnswers(db, 'main', new Map([['5511988887777', no]]))
  t.same(await findAnswers(db, 'main', ['5511988887777']), new Map([['5511988887777', no]]))
})

test('a no may be believed for less long than a yes', async (t) => {
  const answers = new Map<string, Answer>([
    ['5511900000001', yes],
    ['5511900000002', no],
  ])
  await keepAnswers(db, 'main', answers)
  for (const digits of answers.keys()) await age(digits, '1 hour')
  t.same(await findAnswers(db, 'main', [...answers.keys()], 60_000), new Map([['5511900000001', yes]]))
  t.same(await findAnswers(db, 'main', [...answers.keys()]), answers)
})

test('what is old is deleted, and of each instance what is more than is kept', async (t) => {
  await sql`delete from broker.recipient`.execute(db)
  const digits = ['1', '2', '3', '4']
  for (const instanceId of ['main', 'other']) {
    await keepAnswers(
      db,
      instanceId,
      new Map(digits.slice(0, instanceId === 'main' ? 4 : 2).map((one) => [one, yes])),
    )
  }
  for (const [index, one] of digits.entries()) await age(one, `${index} hours`)
  await deleteOldAnswers(db, 2)
  t.same([...(await findAnswers(db, 'main', digits)).keys()].sort(), ['1', '2'])
  t.same([...(await findAnswers(db, 'other', digits)).keys()].sort(), ['1', '2'])
  await age('2', '8 days')
  await deleteOldAnswers(db)
  const left = await db.selectFrom('broker.recipient').select('digits').execute()
  t.same(left, [{ digits: '1' }, { digits: '1' }])
})
