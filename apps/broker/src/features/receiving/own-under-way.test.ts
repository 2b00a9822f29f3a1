import { mock } from 'node:test'
import { type Test, test } from 'tap'
import { OwnUnderWay } from './own-under-way.ts'

const me = { id: '5511912345678:3@s.whatsapp.net', lid: '123456789012345:3@lid' }
const CUSTOMER = '5511988887777@s.whatsapp.net'

function setUp() {
  const underWay = new OwnUnderWay()
  const told: string[] = []
  return {
    ...{ underWay, told },
    comes: (id: string, attrs: Record<string, string>) =>
      underWay.came('main', { tag: 'message', attrs: { id, ...attrs } }, me),
    receipt: (id: string, what: string) => underWay.after('main', id, () => told.push(what)),
  }
}
const microtasks = () => new Promise(setImmediate)

const own: [string, Record<string, string>][] = [
  ['to a person', { from: me.id, recipient: CUSTOMER }],
  ['to a group', { from: '1@g.us', participant: '5511912345678@s.whatsapp.net' }],
  ['to a group that goes by LIDs', { from: '1@g.us', participant: '123456789012345@lid' }],
]
for (const [what, attrs] of own) {
  test(`receipts of what our phone wrote ${what} wait for the message`, async (t: Test) => {
    const { underWay, told, comes, receipt } = setUp()
    comes('OWN', attrs)
    receipt('OWN', 'delivered')
    receipt('OTHER', 'another')
    receipt('OWN', 'read')
    t.same(told, ['another'])
    underWay.told('main', 'OWN')
    await microtasks()
    receipt('OWN', 'played')
    t.same(told, ['another', 'delivered', 'read', 'played'])
  })
}

test('what another wrote is waited for by nobody', async (t) => {
  const { told, comes, receipt } = setUp()
  comes('THEIRS', { from: CUSTOMER })
  comes('THEIRS', { from: '1@g.us', participant: CUSTOMER })
  receipt('THEIRS', 'read')
  t.same(told, ['read'])
})

test('a message that is never told holds its receipts for a while, and not beyond its socket', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { underWay, told, comes, receipt } = setUp()
  comes('LOST', { recipient: CUSTOMER })
  receipt('LOST', 'read')
  mock.timers.tick(9_999)
  t.same(told, [])
  mock.timers.tick(1)
  t.same(told, ['read'])
  comes('CUT', { recipient: CUSTOMER })
  receipt('CUT', 'read as well')
  underWay.forget('another')
  t.equal(told.length, 1)
  underWay.forget('main')
  t.same(told, ['read', 'read as well'])
})
