import fc from 'fast-check'
import { test } from 'tap'
import { formatAddress, lidOf, parseAddress, phoneOfLid } from './address.ts'

const phone = fc.stringMatching(/^\d{8,15}$/)
const device = fc.integer({ min: 0, max: 98 })
const addressing = fc.constantFrom('pn' as const, 'lid' as const)

test('a device is the same under its phone and under its LID', async (t) => {
  fc.assert(
    fc.property(phone, device, addressing, (digits, number, by) => {
      const address = parseAddress(formatAddress(digits, by, number))
      return address?.phone === digits && address.device === number && address.addressing === by
    }),
  )
  t.pass('for every phone')
})

test('a LID stands for one phone, and never looks like it', async (t) => {
  fc.assert(fc.property(phone, (digits) => lidOf(digits) !== digits && phoneOfLid(lidOf(digits)) === digits))
  t.pass('for every phone')
})

test('what names nobody is no address', async (t) => {
  for (const jid of [
    undefined,
    '',
    '@s.whatsapp.net',
    '123@s.whatsapp.net',
    '5511999990000@g.us',
    'status@broadcast',
    '25511999990000@lid',
    '1551199@lid',
    '5511999990000:1234@s.whatsapp.net',
  ]) {
    t.equal(parseAddress(jid), undefined, String(jid))
  }
  t.match(parseAddress('5511999990000_1:7@c.us'), { phone: '5511999990000', device: 7, addressing: 'pn' })
})
