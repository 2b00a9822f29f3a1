import t from 'tap'
import { cut, StorableText } from './storable-text.ts'

t.test('text is taken in every script, with emoji and line breaks', async (t) => {
  for (const text of ['', 'Olá!', '\u{1f468}\u200d\u{1f469}', 'a\n\tb', '\\u0000', '\ufffd', '\u0001']) {
    t.ok(StorableText.safeParse(text).success, JSON.stringify(text))
  }
})

t.test('what PostgreSQL cannot keep is refused at the door', async (t) => {
  for (const text of ['\0', 'a\0b', '\ud800', 'a\udc00', '\udc00\ud800']) {
    t.notOk(StorableText.safeParse(text).success, JSON.stringify(text))
  }
})

t.test('a text that is cut within a character can be stored', async (t) => {
  const text = `${'a'.repeat(9)}\u{1f600} and more`
  for (const length of [9, 10, 11, 100]) {
    t.ok(StorableText.safeParse(cut(text, length)).success, String(length))
    t.ok(cut(text, length).length <= length)
  }
  t.equal(cut(text, 100), text)
})
