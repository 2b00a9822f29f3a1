import type { GroupMetadata } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { GroupShelf } from './group-shelf.ts'

const ME = '5511900000000@s.whatsapp.net'
const group = (id: string, members: string[], admin: string | null = null): GroupMetadata => ({
  id,
  subject: `subject of ${id}`,
  owner: undefined,
  participants: members.map((member) => ({ id: member, admin: member === admin ? 'admin' : null })),
})
const shelfWith = (...groups: GroupMetadata[]) => {
  const shelf = new GroupShelf((jid) => jid === ME)
  shelf.replace(groups)
  return shelf
}

test('groups are told in short, with whether the instance may change them', async (t) => {
  const shelf = shelfWith(group('1@g.us', [ME, 'a'], ME), group('2@g.us', [ME, 'a', 'b'], 'a'))
  t.same(shelf.list(), [
    { id: '1@g.us', subject: 'subject of 1@g.us', size: 2, isAdmin: true },
    { id: '2@g.us', subject: 'subject of 2@g.us', size: 3, isAdmin: false },
  ])
})

test('members who come and go are counted, and whom the group is made of is asked for anew', async (t) => {
  const shelf = shelfWith(group('1@g.us', [ME, 'a']))
  t.ok(shelf.metadata('1@g.us'))
  shelf.changeMembers('1@g.us', 'add', [{ id: 'b' }, { id: 'c' }])
  t.match(shelf.list(), [{ size: 4 }])
  t.equal(shelf.metadata('1@g.us'), undefined)
  shelf.changeMembers('1@g.us', 'remove', [{ id: 'b' }])
  t.match(shelf.list(), [{ size: 3 }])
  shelf.changeMembers('1@g.us', 'promote', [{ id: 'x@lid', phoneNumber: ME }])
  t.match(shelf.list(), [{ isAdmin: true }])
  shelf.changeMembers('1@g.us', 'demote', [{ id: ME }])
  t.match(shelf.list(), [{ isAdmin: false }])
  shelf.changeMembers('1@g.us', 'remove', [{ id: ME }])
  t.same(shelf.list(), [])
})

test('a new subject is taken over, and a group that is told whole takes the place of the old one', async (t) => {
  const shelf = shelfWith(group('1@g.us', [ME, 'a']))
  shelf.update({ id: '1@g.us', subject: 'New' })
  t.match(shelf.list(), [{ subject: 'New', size: 2 }])
  t.match(shelf.metadata('1@g.us'), { subject: 'New' })
  shelf.update(group('1@g.us', [ME, 'a', 'b']))
  t.match(shelf.list(), [{ size: 3 }])
  shelf.update({ id: '9@g.us', subject: 'not ours' })
  t.equal(shelf.list().length, 1)
})

test('members are kept up to a bound: of the groups that were used least nobody is known', async (t) => {
  const many = (id: string) =>
    group(
      id,
      Array.from({ length: 20_000 }, (_, index) => `${id}-${index}`),
    )
  const shelf = shelfWith(many('1@g.us'), many('2@g.us'))
  t.ok(shelf.metadata('1@g.us'))
  shelf.put(many('3@g.us'))
  t.equal(shelf.metadata('2@g.us'), undefined)
  t.ok(shelf.metadata('1@g.us'))
  t.ok(shelf.metadata('3@g.us'))
  t.equal(shelf.list().length, 3)
})
