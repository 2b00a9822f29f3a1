import fc from 'fast-check'
import { test } from 'tap'
import { toVcard } from './to-vcard.ts'

test('a contact becomes a card whose phones can be written to', async (t) => {
  const card = toVcard({
    fullName: 'Ana Souza',
    phones: ['+55 11 98888-7777', '5511911112222'],
    organization: 'Souza; Filhos, Ltda',
    emails: ['ana@example.com'],
  })
  t.same(card.split('\n'), [
    'BEGIN:VCARD',
    'VERSION:3.0',
    'N:;Ana Souza;;;',
    'FN:Ana Souza',
    String.raw`ORG:Souza\; Filhos\, Ltda`,
    'TEL;type=CELL;waid=5511988887777:+55 11 98888-7777',
    'TEL;type=CELL;waid=5511911112222:5511911112222',
    'EMAIL;type=INTERNET:ana@example.com',
    'END:VCARD',
  ])
})

test('no text of a contact becomes a line of its own, or ends its value', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1 })
  fc.assert(
    fc.property(text, text, text, (fullName, organization, email) => {
      const lines = toVcard({ fullName, phones: ['+5511988887777'], organization, emails: [email] }).split(
        /[\r\n\u2028\u2029]/,
      )
      const [, , name = ''] = lines
      // Exactly the separators that we wrote: an odd number of backslashes never stands before one of them.
      const separators = name.replace(/\\[\\;,n]/g, '').match(/;/g) ?? []
      return lines.length === 8 && separators.length === 4 && lines.at(-1) === 'END:VCARD'
    }),
  )
})
