import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import { createSeal, type SealContext, SealError } from './seal.ts'

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
