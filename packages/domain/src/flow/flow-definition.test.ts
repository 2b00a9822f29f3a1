import { FlowDefinition } from '@carteiro/contracts/flow'
import t from 'tap'
import { findPatternFaults } from './compile-flow.ts'
import { DEFAULT_FLOW } from './default-flow.ts'

const question = (fields: object = {}) => ({
  ...{ key: 'ASK_ORDER', field: 'order', text: 'Your order?', answer: { type: 'text' } },
  ...fields,
})
const other = question({ key: 'ASK_OTHER', field: 'other' })

const WRONG: [definition: object, path: string, message: RegExp][] = [
  [{ questions: [] }, 'questions', /1/],
  [{ questions: Array.from({ length: 21 }, () => question()) }, 'questions', /20/],
  [{ questions: [question(), question({ field: 'other' })] }, 'questions.1.key', /twice/],
  [{ questions: [question(), question({ key: 'ASK_AGAIN_NOW' })] }, 'questions.1.field', /twice/],
  [{ questions: [question({ key: 'GREETING' })] }, 'questions.0.key', /own/],
  [{ questions: [question({ key: 'ASK_X_AGAIN' })] }, 'questions.0.key', /own/],
  [{ questions: [question({ field: 'assistant' })] }, 'questions.0.field', /brand/],
  [{ questions: [question({ text: 'Dear {{other}}?' }), other] }, 'questions.0.text', /other/],
  [{ questions: [question({ text: 'Dear {{?' })] }, 'questions.0.text', /braces/],
  [
    { questions: [question({ answer: { type: 'name' }, otherwise: 'accept' })] },
    'questions.0.otherwise',
    /accept/,
  ],
  // Circles: to itself, to one another, to what is not there.
  [{ questions: [question({ when: { field: 'order', is: ['a'] } })] }, 'questions.0.when.field', /circle/],
  [
    {
      questions: [
        question({ when: { field: 'other', is: ['a'] } }),
        { ...other, when: { field: 'order', is: ['a'] } },
      ],
    },
    'questions.0.when.field',
    /circle/,
  ],
  [{ questions: [question({ when: { field: 'nothing', is: ['a'] } })] }, 'questions.0.when.field', /earlier/],
  [{ greeting: 'Dear {{name}}' }, 'greeting', /name/],
  [{ greeting: '' }, 'greeting', /1/],
  [
    { officeHours: { timezone: 'Mars/Olympus', week: [], closedText: 'x' } },
    'officeHours.timezone',
    /time zone/,
  ],
  [{ resumeAfterMinutes: 0 }, 'resumeAfterMinutes', /1/],
  [{ speed: 1 }, '', /speed/],
]

t.test('a definition that could not run is refused, by the member to mend', async (t) => {
  for (const [changes, path, message] of WRONG) {
    const { error } = FlowDefinition.safeParse({ ...DEFAULT_FLOW, ...changes })
    const faults = (error?.issues ?? []).map((issue) => [issue.path.join('.'), issue.message] as const)
    t.ok(
      faults.some(([at, text]) => at === path && message.test(text)),
      `${path} ${message}: ${JSON.stringify(faults)}`,
    )
  }
})

t.test(
  'an expression that only a backtracking engine could run is refused; any other one is safe',
  async (t) => {
    const faultsOf = (pattern: string) =>
      findPatternFaults(
        FlowDefinition.parse({
          ...DEFAULT_FLOW,
          questions: [question({ answer: { type: 'pattern', pattern } })],
        }),
      )
    for (const pattern of [
      '(a)\\1',
      '(?=a)b',
      '(?<!a)b',
      '(a',
      '[z-a]',
      'a{1001}',
      '((a{1000}){1000}){1000}',
    ]) {
      t.match(faultsOf(pattern), [{ path: ['questions', 0, 'answer', 'pattern'], message: /RE2/ }], pattern)
    }
    for (const pattern of ['(a+)+$', '([a-zA-Z]+)*x', '^\\d{4,8}$']) t.same(faultsOf(pattern), [], pattern)
    t.same(findPatternFaults(DEFAULT_FLOW), [])
  },
)
