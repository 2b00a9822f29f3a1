import fc from 'fast-check'
import t from 'tap'
import { FALLBACK_TEXT, sanitize } from './sanitize.ts'

const CASES: [text: string, clean: string][] = [
  // What lists nothing stays as it is.
  ['How can I help you today?', 'How can I help you today?'],
  [
    'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.',
    'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.',
  ],
  ['May I know your full name, please?', 'May I know your full name, please?'],
  [
    'We are open 24/7 and/or by appointment (Sunday too).',
    'We are open 24/7 and/or by appointment (Sunday too).',
  ],
  ['Your family visa is ready.', 'Your family visa is ready.'],
  [
    'See https://example.com/visa/permit/setup for more.',
    'See https://example.com/visa/permit/setup for more.',
  ],
  // In parentheses, whatever their case.
  ['How can I help you? (Family Visa, Work Permit)', 'How can I help you?'],
  ['How can I help you (business setup) today?', 'How can I help you today?'],
  ['Hello (PRO SERVICES). Welcome', 'Hello. Welcome'],
  ['One (Visa) two (Permit) three (other)', 'One two three (other)'],
  // Between slashes.
  ['Do you need a Family Visa / Work Permit / Business Setup?', 'Do you need a?'],
  ['Which service: Family Visa/Permit?', 'Which service?'],
  ['We do: visa/permit/setup', 'We do'],
  ['Freelance / Golden Visa', FALLBACK_TEXT],
  // Nothing is left.
  ['(Family Visa / Freelance Visa / Business Setup)', FALLBACK_TEXT],
  ['  (Services) ', FALLBACK_TEXT],
  ['', FALLBACK_TEXT],
  ['...', FALLBACK_TEXT],
]

t.test('a list of services is taken out of an automatic text, and nothing else is', async (t) => {
  for (const [text, clean] of CASES) {
    t.same(sanitize(text), { text: clean, isChanged: clean !== text }, JSON.stringify(text))
  }
})

const piece = fc.oneof(
  fc.constantFrom(
    '(',
    ')',
    '/',
    ' ',
    ':',
    'Family Visa',
    'permit',
    'Business Setup',
    'services',
    'a',
    '?',
    '\n',
  ),
  fc.string({ maxLength: 4 }),
)
const anyText = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))

t.test('whatever the text: no list is left, something is said, and once is enough', async (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const clean = sanitize(text).text
      t.notMatch(clean, /\([^)]*(?:Visa|Permit|Setup|Services)[^)]*\)/i)
      t.notMatch(clean, /\b(?:visa|permit|setup|services)[ \t]*\/[ \t]*(?:visa|permit|setup|services)\b/i)
      t.ok(/[\p{L}\p{N}]/u.test(clean))
      t.equal(sanitize(clean).text, clean)
    }),
    { numRuns: 300 },
  )
})
