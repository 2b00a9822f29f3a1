import type { FlowAnswer } from '@carteiro/contracts/flow'
import fc from 'fast-check'
import t from 'tap'
import { foldText } from './fold-text.ts'
import { createReader } from './read-answer.ts'

const services: FlowAnswer = {
  type: 'choice',
  options: [
    { value: 'Visa', words: ['visa'] },
    { value: 'Family Visa', words: ['family visa', 'visto de família'] },
    { value: 'PRO', words: ['pro'] },
  ],
}
const NAME_CUES = ['my name is', 'me chamo']

const CASES: [answer: FlowAnswer, cues: string[], text: string, read?: string, found?: string][] = [
  [services, [], 'I need a FAMILY-VISA.', 'Family Visa', 'Family Visa'],
  [services, [], 'Quero um visto de familia', 'Family Visa', 'Family Visa'],
  [services, [], 'visa', 'Visa', 'Visa'],
  [services, [], 'ｖｉｓａ', 'Visa', 'Visa'],
  [services, [], 'visage, provisa, approach'],
  [services, [], 'a problem with my family'],
  [{ type: 'name' }, NAME_CUES, 'Ana Lima', 'Ana Lima'],
  [{ type: 'name' }, NAME_CUES, 'I am Ana Lima.', 'Ana Lima'],
  [{ type: 'name' }, NAME_CUES, 'It\u2019s ana lima', 'ana lima'],
  [
    { type: 'name' },
    NAME_CUES,
    'Hello, my name is Ana de Souza Lima and I need help',
    'Ana de Souza Lima',
    'Ana de Souza Lima',
  ],
  [{ type: 'name' }, NAME_CUES, 'Me chamo João', 'João', 'João'],
  [{ type: 'name' }, NAME_CUES, 'محمد علي', 'محمد علي'],
  [{ type: 'name' }, NAME_CUES, "Sean O'Neil-Smith", "Sean O'Neil-Smith"],
  [{ type: 'name' }, NAME_CUES, 'I am looking for a flat'],
  [{ type: 'name' }, NAME_CUES, 'what is it about?'],
  [{ type: 'name' }, NAME_CUES, 'X'],
  [{ type: 'name' }, NAME_CUES, '12345'],
  [{ type: 'name' }, NAME_CUES, 'ana@example.com'],
  [{ type: 'name' }, NAME_CUES, 'one two three four five six seven'],
  [
    { type: 'email' },
    [],
    'It is Ana.Lima+1@Example.com.',
    'Ana.Lima+1@Example.com',
    'Ana.Lima+1@Example.com',
  ],
  [{ type: 'email' }, [], 'mail <ana@example.com>, or call', 'ana@example.com', 'ana@example.com'],
  [{ type: 'email' }, [], 'ana@example'],
  [{ type: 'email' }, [], 'ana at example.com'],
  [{ type: 'text', maxLength: 20 }, ['i am from'], 'Brazilian', 'Brazilian'],
  [{ type: 'text', maxLength: 20 }, ['i am from'], 'I am Brazilian', 'Brazilian'],
  [{ type: 'text', maxLength: 20 }, ['i am from'], 'I am from Brazil, and you?', 'Brazil', 'Brazil'],
  [{ type: 'text', maxLength: 20 }, ['i am from'], 'x'.repeat(21)],
  [{ type: 'text', maxLength: 20 }, ['i am from'], '...'],
  [{ type: 'pattern', pattern: '^[A-Z]{2}-\\d+$' }, [], 'ab-12', 'ab-12', 'ab-12'],
  [{ type: 'pattern', pattern: 'no (\\d+)' }, [], 'It is No 12', '12', '12'],
  [{ type: 'pattern', pattern: 'no (\\d+)' }, [], 'none'],
]

t.test(
  'an answer is read where it was asked for, and found elsewhere only when it is beyond doubt',
  async (t) => {
    for (const [answer, cues, text, read, found] of CASES) {
      const reader = createReader(answer, cues)
      t.equal(reader.read(text), read, `read: ${text}`)
      t.equal(reader.find(text), found, `find: ${text}`)
    }
  },
)

t.test('text is folded once: folding it again changes nothing', async (t) => {
  t.equal(foldText('  \u00c1GUA-de_coco, \ufb01m!  \u0130stanbul'), 'agua de coco fim istanbul')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => foldText(foldText(text)) === foldText(text)))
})

const readers = [...new Set(CASES.map(([answer]) => answer))].map((answer) => createReader(answer, NAME_CUES))

t.test('no text makes a reader throw, and what is read stands in the text or is an option', async (t) => {
  const options = ['Visa', 'Family Visa', 'PRO']
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('my', 'name', 'is', 'visa', ',', ' ', 'Ana', '@', 'b.co', 'no 1'))
      .map((parts) => parts.join(' ')),
  )
  fc.assert(
    fc.property(text, fc.constantFrom(...readers), (text, reader) => {
      for (const read of [reader.read(text), reader.find(text)]) {
        const words = read?.split(/\s+/u) ?? []
        t.ok(read === undefined || options.includes(read) || words.every((word) => text.includes(word)))
      }
    }),
  )
})
