import assert from 'node:assert/strict'
import { createTestDatabase } from '@carteiro/database/test-database'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { makeSnippet } from './make-snippet.ts'
import { readQuery, toContactQuery, toMessageQuery } from './read-query.ts'
import { readWords, toContactWords, toMessageWords } from './read-words.ts'

const { db } = await createTestDatabase(t)

/** What PostgreSQL says of a query and words. */
async function isFound(words: string, query: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select ${words}::tsvector @@ replace(${query}, '{}', 'x')::tsquery as found`.execute(db)
  return rows[0]?.found === true
}
function queryOf(text: string) {
  const result = readQuery(text)
  if (result.status !== 'read') throw new Error(`${text}: ${result.status}`)
  return result.query
}

t.test('words are compared without case, accents and punctuation', async (t) => {
  t.same(readWords('Olá! ¿Cómo estás, JOSÉ? Ação/reação; naïve Straße'), [
    ...['ola', 'como', 'estas', 'jose', 'acao', 'reacao', 'naive', 'straße'],
  ])
  t.same(readWords('ΑΘΗΝΑ Москва 東京'), ['αθηνα', 'москва', '東京'])
  t.same(readWords(' … 👍 '), [])
})

t.test('a message is found by what it says, and by nothing else', async (t) => {
  const words = toMessageWords('Bom dia, Maria! O seu pedido nº 12.345 saiu hoje: maria@example.com', 'x')
  const table: [query: string, found: boolean][] = [
    ['pedido', true],
    ['PEDÍDO', true],
    ['ped', true],
    ['"ped"', false],
    ['ped saiu', false],
    ['saiu ped', true],
    ['edido', false],
    ['"bom dia"', true],
    ['"dia bom"', false],
    ['dia bom', true],
    ['12.345', true],
    ['"345 12"', false],
    ['maria@example.com', true],
    ['example@maria', false],
    ['pedido ontem', false],
  ]
  for (const [query, found] of table)
    t.equal(await isFound(words, toMessageQuery(queryOf(query))), found, query)
})

t.test('a contact is found by each of its names, and by any four digits of its phone in a row', async (t) => {
  const names = ['Dona Conceição', null, 'Ceiça 🌷']
  const words = toContactWords({ names, phone: '+5511987654321' }, 'x')
  const table: [query: string, found: boolean][] = [
    ['conceicao', true],
    ['con', true],
    ['ceiça dona', true],
    ['4321', true],
    ['7654', true],
    ['5511', true],
    ['+55 (11) 98765-4321', true],
    ['98765-4321', true],
    ['dona 4321', true],
    ['432', false],
    ['1234', false],
    ['outra 4321', false],
  ]
  for (const [query, found] of table)
    t.equal(await isFound(words, toContactQuery(queryOf(query))), found, query)
  t.equal(toContactWords({ names: [null], phone: null }, 'x').trim(), '')
})

t.test('any text is stored, and found by any of its words', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  await t.resolves(
    fc.assert(
      fc.asyncProperty(text, fc.nat(), async (text, nth) => {
        const words = readWords(text)
        const { rows } = await sql<{ length: number }>`
          select length(${toMessageWords(text, 'x')}::tsvector) as length`.execute(db)
        assert.equal(rows[0]?.length, new Set(words).size)
        const word = words[nth % words.length]
        if (word !== undefined)
          assert.ok(await isFound(toMessageWords(text, 'x'), `'{}/${word}'`), `${word} in ${text}`)
      }),
    ),
  )
})

t.test('a snippet shows where the words are', async (t) => {
  const marked = (text: string, query: string) => {
    const snippet = makeSnippet(text, queryOf(query))
    return { ...snippet, marked: snippet.matches.map(({ from, to }) => snippet.text.slice(from, to)) }
  }
  t.match(marked('Bom dia, Conceição!', 'conceicao bom'), {
    text: 'Bom dia, Conceição!',
    marked: ['Bom', 'Conceição'],
  })
  const long = `${'palavra '.repeat(100)}o pedido saiu ${'palavra '.repeat(100)}`
  const { text, marked: words } = marked(long, 'pedi')
  t.same(words, ['pedido'])
  t.ok(text.length <= 200 && text.startsWith('palavra '), text)
  t.same(marked('nada disso', 'outra').matches, [])
})

t.test('a snippet never holds half a character, nor marks what it does not show', async (t) => {
  const text = fc.string({ unit: fc.constantFrom('a', '😀', ' ', 'é', 'ab', '\n'), maxLength: 400 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(text, (text) => {
        const snippet = makeSnippet(text, queryOf('a'))
        assert.ok(snippet.text.isWellFormed())
        for (const { from, to } of snippet.matches) {
          assert.match(snippet.text.slice(from, to), /^a/)
          assert.ok(from >= 0 && to <= snippet.text.length)
        }
      }),
    ),
  )
})
