import fc from 'fast-check'
import { test } from 'tap'
import { plainUrl, plainValue } from './plain-value.ts'

const TABLE: [given: string, shown: string][] = [
  ['Ana', 'Ana'],
  ['  Ana \n\n Lima\t', 'Ana Lima'],
  ['a\u0000b\u0007c', 'a b c'],
  ['a\u2028b\u2029c\u00a0d', 'a b c d'],
  ['*bold*', '\u2217bold\u2217'],
  ['_it_ ~no~ ```code```', '\u02cdit\u02cd \u223cno\u223c \u02cb\u02cb\u02cbcode\u02cb\u02cb\u02cb'],
  ['joao_silva@example.com', 'joao_silva@example.com'],
  ['2 * 3', '2 * 3'],
  ['> a quote', '\u203a a quote'],
  ['- an item', '\u2010 an item'],
  ['-5', '-5'],
  ['\u202eesrever', 'esrever'],
  ['{{name}}', '{{name}}'],
  ['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
]

test('a value is one line, and formats nothing', async (t) => {
  for (const [given, shown] of TABLE) t.equal(plainValue(given), shown, encodeURI(given))
})

/** Where WhatsApp would open or close a format: a mark that is not inside a word, nor between blanks. */
function mayFormat(text: string): boolean {
  return [...text.matchAll(/[*_~`]/g)].some(({ 0: mark, index }) => {
    const around = [text[index - 1] ?? '', text[index + 1] ?? '']
    const isHarmless =
      around.every((each) => /[\p{L}\p{N}]/u.test(each)) || around.every((each) => each === ' ')
    return mark === '`' || !isHarmless
  })
}

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...'*_~`>- \n\t\u0000\u2028\u202ea1é{}'), fc.string({ unit: 'binary' })))
  .map((parts) => parts.join(''))

test('nothing that is given can format, break a line, or turn the writing around', async () => {
  fc.assert(
    fc.property(hostile, (given) => {
      const shown = plainValue(given)
      return !mayFormat(shown) && !/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(shown)
    }),
    { numRuns: 1_000 },
  )
})

test('what is plain already stays as it is', async () => {
  fc.assert(fc.property(hostile, (given) => plainValue(plainValue(given)) === plainValue(given)))
})

test('a URL stays the same address, without what could format', async (t) => {
  t.equal(plainUrl('https://example.com/a_b/_c_?q=*d*'), 'https://example.com/a_b/%5Fc%5F?q=%2Ad%2A')
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (given) => {
      const { href } = new URL(given)
      return !mayFormat(plainUrl(href)) && decodeURI(plainUrl(href)).length === decodeURI(href).length
    }),
  )
})
