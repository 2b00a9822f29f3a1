import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { formatJid, type Jid, parseJid, parseRecipient } from './jid.ts'

const digitsOf = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength })

const phone = digitsOf(8, 15).map((digits): Jid => ({ kind: 'phone', digits }))
const lid = digitsOf(1, 20).map((digits): Jid => ({ kind: 'lid', lid: `${digits}@lid` }))
const group = fc
  .oneof(
    digitsOf(18, 18),
    fc.tuple(digitsOf(10, 15), digitsOf(10, 10)).map((parts) => parts.join('-')),
  )
  .map((id): Jid => ({ kind: 'group', id: `${id}@g.us` }))
const suffix = fc.constantFrom('', ':0', ':12', '_1', '_1:12')

t.test('an address is read as it was written, whatever its kind', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.oneof(phone, lid, group), (jid) => {
        assert.deepEqual(parseJid(formatJid(jid)), jid)
        assert.deepEqual(parseRecipient(formatJid(jid)), jid)
      }),
    ),
  )
})

t.test('every device and agent of a phone is the same phone', async (t) => {
  const server = fc.constantFrom('s.whatsapp.net', 'c.us', 'hosted')
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(digitsOf(8, 15), suffix, server, (digits, device, host) => {
        assert.deepEqual(parseJid(`${digits}${device}@${host}`), { kind: 'phone', digits })
      }),
    ),
  )
})

t.test('a LID is never taken for a phone, however much it looks like one', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(digitsOf(1, 20), suffix, fc.constantFrom('lid', 'hosted.lid'), (digits, device, host) => {
        assert.deepEqual(parseJid(`${digits}${device}@${host}`), { kind: 'lid', lid: `${digits}@lid` })
      }),
    ),
  )
})

t.test('a phone is known by its digits, however people write them', async (t) => {
  const written = [
    '+5511999998888',
    '5511999998888',
    '+55 11 99999-8888',
    '+55 (11) 99999.8888',
    '  5511999998888\t',
    '5511999998888@s.whatsapp.net',
    '5511999998888:7@s.whatsapp.net',
    '5511999998888@c.us',
  ]
  for (const text of written) t.same(parseRecipient(text), { kind: 'phone', digits: '5511999998888' }, text)
})

t.test('what names nobody is no recipient', async (t) => {
  const texts = [
    '',
    ' ',
    '+',
    'Maria',
    '1234567',
    '1234567890123456',
    '++5511999998888',
    '5511999998888 ext 3',
    '5511999998888;5511999997777',
    'status@broadcast',
    '1234@broadcast',
    '120363000000000000@newsletter',
    '@s.whatsapp.net',
    '5511999998888@s.whatsapp.net.example',
    'evil\n5511999998888@s.whatsapp.net',
    '1234567@s.whatsapp.net',
    '5511999998888@',
  ]
  for (const text of texts) t.equal(parseRecipient(text), undefined, JSON.stringify(text))
})

t.test('no text, however strange, breaks the reading of an address', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const read of [parseJid, parseRecipient]) {
          const jid = read(text)
          if (jid) assert.deepEqual(parseJid(formatJid(jid)), jid)
        }
      }),
    ),
  )
})
