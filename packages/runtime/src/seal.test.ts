import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import { createSeal, type SealContext, SealError } from './seal.ts'
import { sealKeys } from './seal-key.ts'

const here: SealContext = ['main', 'session', '5511.0']

test('what is sealed opens again, and only where it was sealed for', async (t) => {
  const seal = createSeal(randomBytes(32))
  fc.assert(
    fc.property(fc.uint8Array(), (plain) =>
      seal.open(seal.seal(plain, here), here).equals(Buffer.from(plain)),
    ),
  )
  const sealed = seal.seal('secret', here)
  t.throws(() => seal.open(sealed, ['other', 'session', '5511.0']), SealError)
  t.throws(() => seal.open(sealed, ['main', 'session', '5512.0']), SealError)
  t.notOk(sealed.includes('secret'))
})

test('a changed byte, another key or a foreign value does not open', async (t) => {
  const seal = createSeal(randomBytes(32))
  const sealed = seal.seal('secret', here)
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    t.throws(() => seal.open(changed, here), SealError)
  }
  t.throws(() => createSeal(randomBytes(32)).open(sealed, here), SealError)
  t.throws(() => seal.open(Buffer.from('short'), here), SealError)
})

// Their bytes differ, by which keys without a name are named.
const old = Buffer.alloc(32, 1)
const next = Buffer.alloc(32, 2)

test('the first key seals, all open, also what was sealed before the keys had names', async (t) => {
  const unnamed = createSeal(old)
  const named = createSeal([{ id: '2025', key: old }])
  const rotated = createSeal([
    { id: '2026', key: next },
    { id: '2025', key: old },
  ])
  for (const seal of [unnamed, named, rotated]) {
    const sealed = seal.seal('secret', here)
    t.equal(rotated.open(sealed, here).toString(), 'secret')
    t.equal(rotated.isCurrent(sealed), seal === rotated)
    t.equal(rotated.missingKey(sealed), undefined)
  }
})

test('a value whose key is not given says which one it needs', async (t) => {
  const [unnamed, rotated] = [createSeal(old), createSeal([{ id: '2026', key: next }])]
  const sealed = rotated.seal('secret', here)
  t.equal(unnamed.missingKey(sealed), '2026')
  t.throws(() => unnamed.open(sealed, here), { message: 'Sealed under the key 2026, which is not given.' })
  t.match(rotated.missingKey(unnamed.seal('secret', here)), /^[0-9a-f]{2}$/)
  t.throws(() => createSeal([{ id: '2026', key: old }]).open(sealed, here), SealError, 'a name is no key')
})

test('two keys without a name that are named alike both open', async (t) => {
  const [first, second] = findNamedAlike()
  const sealed = [first, second].map((key) => createSeal(key).seal('secret', here))
  const seal = createSeal([{ id: '2026', key: next }, { key: first }, { key: second }])
  t.same(sealed[0]?.subarray(0, 2), sealed[1]?.subarray(0, 2))
  for (const each of sealed) t.equal(seal.open(each, here).toString(), 'secret')
})

/** By chance one pair of 256 is, so that a hundred keys have one. */
function findNamedAlike(): [Buffer, Buffer] {
  const seen = new Map<string, Buffer>()
  for (let byte = 0; byte < 256; byte++) {
    const key = Buffer.alloc(32, byte)
    const name = createSeal(key).seal('', here).toString('hex', 0, 2)
    const other = seen.get(name)
    if (other) return [other, key]
    seen.set(name, key)
  }
  throw new Error('no two keys are named alike')
}

const key = next.toString('base64')
const spellings: [string, string, (string | undefined)[] | undefined][] = [
  ['a key alone', key, [undefined]],
  ['one with a name', `2026:${key}`, ['2026']],
  ['several', `2026:${key}, 2025:${old.toString('hex')}`, ['2026', '2025']],
  ['the older without a name', `2026:${key},${old.toString('hex')}`, ['2026', undefined]],
  ['one name twice', `a:${key},a:${key}`, undefined],
  ['a name that is none', `a b:${key}`, undefined],
  ['a short key', 'a:abcd', undefined],
  ['nothing', '', undefined],
]
for (const [what, text, ids] of spellings) {
  test(`${what} ${ids ? 'is read' : 'is refused'}`, async (t) => {
    t.same(
      sealKeys()
        .safeParse(text)
        .data?.map(({ id }) => id),
      ids,
    )
  })
}
