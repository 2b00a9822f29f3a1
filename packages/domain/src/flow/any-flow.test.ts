import { FlowDefinition } from '@carteiro/contracts/flow'
import fc from 'fast-check'
import t from 'tap'
import { compileFlow, findPatternFaults } from './compile-flow.ts'
import { newFlowState } from './flow-state.ts'
import { runFlow } from './run-flow.ts'

const word = fc.constantFrom(
  'visa',
  'permit',
  'Ana',
  'my name is',
  'I am',
  'constructor',
  '__proto__',
  '.',
  '\u00e9',
)
const answer = fc.oneof(
  fc.record({
    type: fc.constant('choice'),
    options: fc.array(fc.record({ value: word, words: fc.array(word, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.constantFrom({ type: 'name' }, { type: 'email' }, { type: 'text', maxLength: 5 }),
  fc
    .constantFrom('(a+)+$', '\\d+', '^$', '(?:)', '[^x]*', '(a)|b')
    .map((pattern) => ({ type: 'pattern', pattern })),
)
const fields = ['a', 'constructor', 'name', 'valueof', 'b']
const question = fc.record({
  field: fc.constantFrom(...fields),
  text: fc.oneof(
    { weight: 9, arbitrary: fc.constant('Who?') },
    { weight: 1, arbitrary: fc.constantFrom('Dear {{name}}, where?', '{{constructor}}?', '{{brand}} asks') },
  ),
  answer,
  cues: fc.array(word, { maxLength: 2 }),
  again: fc.option(fc.constant('Once more, please.')),
  tries: fc.integer({ min: 1, max: 5 }),
  otherwise: fc.constantFrom('accept', 'pass', 'handoff'),
  when: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.record({ field: fc.constantFrom(...fields), is: fc.array(word, { minLength: 1 }) }),
    },
  ),
})
const definition = fc.record({
  enabled: fc.constant(true),
  brand: fc.constantFrom({}, { brand: 'Acme' }),
  greeting: fc.option(fc.constant('Hello')),
  questions: fc
    .uniqueArray(question, { minLength: 1, maxLength: 4, selector: ({ field }) => field })
    .map((questions) => questions.map((one, index) => ({ ...one, key: `ASK_${index}` }))),
  handoff: fc.option(
    fc.record({
      text: fc.constant('Bye'),
      fields: fc.array(fc.record({ field: fc.constantFrom(...fields), answer }), { maxLength: 2 }),
    }),
  ),
  pleasantries: fc.array(word, { maxLength: 2 }),
})
const texts = fc.array(
  fc.oneof(
    fc.array(word, { maxLength: 5 }).map((words) => words.join(' ')),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constant(null),
  ),
  { maxLength: 15 },
)

t.test(
  'a definition that is accepted runs, whatever it says and whatever is written, and comes to an end',
  async (t) => {
    let accepted = 0
    fc.assert(
      fc.property(definition, texts, (written, said) => {
        const read = FlowDefinition.safeParse(written)
        if (!read.success || findPatternFaults(read.data).length > 0) return
        accepted++
        const flow = compileFlow(read.data, 1)
        let state = newFlowState()
        const keys: string[] = []
        for (const text of said) {
          const step = runFlow(flow, state, { text, at: new Date(0), assigned: false, personWroteAt: null })
          state = step.state
          keys.push(...step.replies.map(({ key }) => key))
          for (const { text: reply } of step.replies) t.notMatch(reply, /\{\{|\[native code\]|undefined/)
        }
        t.equal(new Set(keys).size, keys.length)
        t.ok(keys.length <= 2 * read.data.questions.length + 2)
        t.same(JSON.parse(JSON.stringify(state)), state, 'it can be kept as JSON')
      }),
      { numRuns: 800 },
    )
    t.ok(accepted > 50, `${accepted} were accepted`)
  },
)
