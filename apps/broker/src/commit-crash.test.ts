import { createTestDatabase } from '@carteiro/database/test-database'
import { t, test } from 'tap'
import { startCrashRig } from './test-crash-rig.ts'

/** Ends by itself; this only says how long a loaded machine may take to start thirty brokers. */
const MANY_STARTS_MS = 1_200_000

t.setTimeout(MANY_STARTS_MS)
const rig = await startCrashRig(t, await createTestDatabase(t))
let people = 0
/** Somebody's first message brings the most: a session, in a group the sender's key, and who is who. */
const nextStranger = () => `55119800${String(people++).padStart(5, '0')}`
const text = (id: string) => ({ type: 'text', text: id }) as const
const written: { phone: string; to: string }[] = []

/** Before it writes, all that came is done with; after it, the answer is on its way and never read. */
const ways = [
  ['a message', 'before', async () => rig.account, 2],
  ['a group message', 'after', (phone: string) => rig.group(phone, []), 5],
] as const
for (const [what, when, placeOf, stride] of ways) {
  test(`${what} is told, whichever step on its way in the broker dies ${when}`, async (t) => {
    t.setTimeout(MANY_STARTS_MS)
    let kills = 0
    for (let step = 1; ; step += stride) {
      const phone = nextStranger()
      const to = await placeOf(phone)
      const id = `3A${when}${step}`
      const died = await rig.tellThrough({ step, when }, async () => [
        await rig.phone(phone).write(to, text(id), { id }),
      ])
      written.push({ phone, to })
      if (!died) break
      kills += 1
    }
    t.ok(kills > 5)
    await rig.untilSettled()
    t.same(rig.undecryptable(), [])
  })
}

/** Of what the broker sends. */
const receipts = [
  ['before', 2],
  ['after', 4],
] as const
for (const [when, stride] of receipts) {
  test(`a receipt is told, whichever step on its way in the broker dies ${when}`, async (t) => {
    t.setTimeout(MANY_STARTS_MS)
    const phone = nextStranger()
    rig.phone(phone).configure({ deliveredAfterMs: 0, readAfterMs: null })
    let kills = 0
    for (let step = 1; ; step += stride) {
      const { body } = await rig.ask<{ id: string }>('POST', '/instances/main/send-text', {
        ...{ to: phone, text: when },
      })
      const isDelivered = ({ id }: { id: string }) => id === `${body.id}:status:3`
      await rig.webhook.until(() => rig.webhook.taken.some(isDelivered))
      await rig.untilPublished()
      const died = await rig.tellThrough({ step, when }, async () => {
        rig.phone(phone).read(rig.account, [body.id])
        return [{ id: `${body.id}:status:4` }]
      })
      if (!died) break
      kills += 1
    }
    t.ok(kills > 1)
    await rig.untilPublished()
    t.equal(rig.unconfirmed(), 0)
  })
}

test('who wrote while the broker died is understood afterwards', async (t) => {
  for (const { phone, to } of written) {
    const id = `3AFF${phone}`
    await rig.phone(phone).write(to, text(id), { id })
    await rig.webhook.until(() => rig.webhook.taken.some((event) => event.id === id))
  }
  t.same(rig.undecryptable(), [])
})
