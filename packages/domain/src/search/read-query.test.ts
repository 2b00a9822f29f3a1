import { createTestDatabase } from '@carteiro/database/test-database'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { readQuery, type SearchQuery, toContactQuery, toMessageQuery } from './read-query.ts'

const { db } = await createTestDatabase(t)

function read(text: string): SearchQuery {
  const result = readQuery(text)
  if (result.status !== 'read') throw new Error(result.status)
  return result.query
}

t.test('all words must be there, and the last one may go on', async (t) => {
  const table: [text: string, query: string][] = [
    ['oi', "'{}/oi':*"],
    ['Bom DIA', "'{}/bom' & '{}/dia':*"],
    ['  ação,  ', "'{}/acao':*"],
    ['¿Qué tal?', "'{}/que' & '{}/tal':*"],
    ['"bom dia"', "'{}/bom' <-> '{}/dia'"],
    ['"bom dia" maria', "'{}/bom' <-> '{}/dia' & '{}/maria':*"],
    ['maria "bom dia"', "'{}/maria' & '{}/bom' <-> '{}/dia'"],
    ['“bom dia”', "'{}/bom' <-> '{}/dia'"],
    ['"bom dia', "'{}/bom' <-> '{}/dia'"],
    ['"" oi', "'{}/oi':*"],
    ['maria@example.com', "'{}/maria' <-> '{}/example' <-> '{}/com':*"],
    ['R$ 1.250,00', "'{}/r' & '{}/1' <-> '{}/250' <-> '{}/00':*"],
    ['a & b | !c', "'{}/a' & '{}/b' & '{}/c':*"],
    ["o'brien", "'{}/o' <-> '{}/brien':*"],
    ['ﬁm ＯＩ', "'{}/fim' & '{}/oi':*"],
  ]
  for (const [text, query] of table) t.equal(toMessageQuery(read(text)), query, text)
})

t.test('without a word there is nothing to look for, and too many are too many', async (t) => {
  for (const text of ['', '   ', '...', '"', '""', '& | ! ()', ':*', '👍']) {
    t.same(readQuery(text), { status: 'no_word' }, text)
  }
  t.equal(readQuery('a b c d e f g h i j').status, 'read')
  t.same(readQuery('a b c d e f g h i j k'), { status: 'too_many_words' })
  t.same(readQuery('a.b.c.d.e.f.g.h.i.j.k'), { status: 'too_many_words' })
})

t.test('a number may be a part of a phone, whichever part', async (t) => {
  const table: [text: string, query: string][] = [
    ['maria', "('{}/maria':*)"],
    ['4321', "(('{}/4321':* | '{}/#4321':*)) | '{}/#4321':*"],
    ['maria 4321', "('{}/maria') & ('{}/4321':* | '{}/#4321':*)"],
    ['123', "('{}/123':*)"],
    ['98765-4321', "(('{}/98765' <-> '{}/4321':*)) | '{}/#987654321':*"],
  ]
  for (const [text, query] of table) t.equal(toContactQuery(read(text)), query, text)
  t.equal(read('+55 (11) 98765-4321').phoneDigits, '5511987654321')
})

t.test('whatever is typed, PostgreSQL takes it for words and nothing else', async (t) => {
  const typed = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom(...'\'"\\&|!():*<->{}% \0\u2028aé1😀'), maxLength: 40 }),
  )
  await t.resolves(
    fc.assert(
      fc.asyncProperty(typed, async (text) => {
        const result = readQuery(text)
        if (result.status !== 'read') return
        for (const query of [toMessageQuery(result.query), toContactQuery(result.query)]) {
          const { rows } = await sql<{ words: number }>`
            select numnode(replace(${query}, '{}', '1.0')::tsquery) as words`.execute(db)
          if (!rows[0]?.words) throw new Error(query)
        }
      }),
    ),
  )
})
