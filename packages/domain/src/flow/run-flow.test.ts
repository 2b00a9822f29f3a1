import { FlowDefinition } from '@carteiro/contracts/flow'
import fc from 'fast-check'
import t from 'tap'
import { compileFlow } from './compile-flow.ts'
import { DEFAULT_FLOW } from './default-flow.ts'
import { type FlowState, GREETED_AT, newFlowState } from './flow-state.ts'
import { type FlowMessage, type FlowReply, runFlow } from './run-flow.ts'

const AT = new Date('2026-03-02T10:00:00.000Z')
const minutesLater = (minutes: number) => new Date(AT.getTime() + minutes * 60_000)

const GREETING = 'Hi \u{1F44B} I\u0027m ABCai from Al Ain Business Center.'
const SERVICE = 'How can I help you today?'
const NAME = 'May I know your full name, please?'
const NATIONALITY = 'What is your nationality?'
const HANDOFF = DEFAULT_FLOW.handoff?.text ?? ''

const flowOf = (changes: object = {}) =>
  compileFlow(FlowDefinition.parse({ ...DEFAULT_FLOW, enabled: true, ...changes }), 1)
const defaultFlow = flowOf()

const said = (text: string | null, fields: Partial<FlowMessage> = {}): FlowMessage => ({
  ...{ text, at: AT, assigned: false, personWroteAt: null },
  ...fields,
})

/** What is said to each message, and how the conversation stands in the end. */
function talk(messages: FlowMessage[], flow = defaultFlow, before = newFlowState()) {
  let state = before
  const replies: string[][] = []
  const keys: string[] = []
  for (const message of messages) {
    const step = runFlow(flow, state, message)
    state = step.state
    replies.push(step.replies.map(({ text }) => text))
    keys.push(...step.replies.map(({ key }) => key))
  }
  return { state, replies, keys, fields: withoutGreeting(state) }
}

const withoutGreeting = ({ fields: { [GREETED_AT]: _, ...fields } }: FlowState) => fields

t.test(
  'a customer is greeted once, and asked for service, name and nationality before the hand-off',
  async (t) => {
    const texts = [
      'Hello',
      'I need a family visa',
      'Maria da Silva',
      'Brazilian',
      'maria@example.com, after 5 pm',
    ]
    const { replies, keys, fields, state } = talk(texts.map((text) => said(text)))
    t.same(replies, [[GREETING, SERVICE], [NAME], [NATIONALITY], [HANDOFF], []])
    t.same(keys, ['GREETING', 'ASK_SERVICE', 'ASK_NAME', 'ASK_NATIONALITY', 'HANDOFF'])
    t.same(fields, {
      service: 'Family Visa',
      name: 'Maria da Silva',
      nationality: 'Brazilian',
      email: 'maria@example.com',
      best_time: 'after 5 pm',
    })
    t.match(state, { status: 'handed_off', reason: 'answered', fields: { [GREETED_AT]: AT.toISOString() } })
  },
)

const SKIPS: [first: string, replies: string[], fields: object][] = [
  ['I want a family visa', [GREETING, NAME], { service: 'Family Visa' }],
  [
    'I want a family visa, my name is John Smith',
    [GREETING, NATIONALITY],
    { service: 'Family Visa', name: 'John Smith' },
  ],
  [
    'my name is john smith and I want a family visa',
    [GREETING, NATIONALITY],
    { service: 'Family Visa', name: 'john smith' },
  ],
  [
    'FAMILY-VISA! My name is Jo\u00e3o dos Santos. I am from Brazil',
    [GREETING, HANDOFF],
    { service: 'Family Visa', name: 'Jo\u00e3o dos Santos', nationality: 'Brazil' },
  ],
  ['My name is Ana', [GREETING, SERVICE], { name: 'Ana' }],
  ['I am looking for help', [GREETING, SERVICE], {}],
  ['is it advisable?', [GREETING, SERVICE], {}],
  ['golden visa or work visa', [GREETING, NAME], { service: 'Golden Visa' }],
  ['', [GREETING, SERVICE], {}],
]

t.test('a question whose answer is in the first message already is skipped', async (t) => {
  for (const [first, replies, fields] of SKIPS) {
    const result = talk([said(first)])
    t.same(result.replies, [replies], first)
    t.same(result.fields, fields, first)
  }
})

t.test('what was known of the ticket before is not asked for', async (t) => {
  const { replies } = talk(
    [said('Hello')],
    defaultFlow,
    newFlowState({ service: 'Golden Visa', name: 'Ana' }),
  )
  t.same(replies, [[GREETING, NATIONALITY]])
})

t.test('an answer that says nothing waits for the next one; nothing is asked again', async (t) => {
  const texts = ['Hi', 'good morning', null, 'family visa', '12345', 'Ana Lima']
  const { replies, fields } = talk(texts.map((text) => said(text)))
  t.same(replies, [[GREETING, SERVICE], [], [], [NAME], [], [NATIONALITY]])
  t.same(fields, { service: 'Family Visa', name: 'Ana Lima' })
})

t.test(
  'what no keyword names is the service as it was said, and a name that is none is left open',
  async (t) => {
    const { replies, fields } = talk(['Hi', 'Parking!', 'why?', '42'].map((text) => said(text)))
    t.same(replies, [[GREETING, SERVICE], [NAME], [], [NATIONALITY]])
    t.same(fields, { service: 'Parking!' })
  },
)

t.test('a question may be put in other words once, and then ends the flow', async (t) => {
  const flow = flowOf({
    questions: [
      {
        ...{ key: 'ASK_EMAIL', field: 'email', text: 'Your e-mail?', answer: { type: 'email' } },
        ...{ again: 'That is no e-mail address.', tries: 3, otherwise: 'handoff' },
      },
    ],
  })
  const { replies, state } = talk(
    ['Hi', 'ana@', 'ana', 'no', 'ana@example.com'].map((text) => said(text)),
    flow,
  )
  t.same(replies, [[GREETING, 'Your e-mail?'], ['That is no e-mail address.'], [], [HANDOFF], []])
  t.match(state, { status: 'handed_off', reason: 'unclear', fields: { email: 'ana@example.com' } })
})

t.test('a question with a condition is asked only where it holds', async (t) => {
  const choice = (...values: string[]) => ({
    type: 'choice',
    options: values.map((value) => ({ value, words: [value] })),
  })
  const questions = [
    { key: 'ASK_SERVICE', field: 'service', text: 'Which?', answer: choice('visa', 'permit') },
    {
      ...{
        key: 'ASK_KIND',
        field: 'kind',
        text: 'A {{service}} of which kind?',
        answer: choice('new', 'renewal'),
      },
      when: { field: 'service', is: ['visa'] },
    },
  ]
  t.same(
    talk(
      ['Hi', 'permit'].map((text) => said(text)),
      flowOf({ questions }),
    ).replies[1],
    [HANDOFF],
  )
  t.same(
    talk(
      ['Hi', 'VISA'].map((text) => said(text)),
      flowOf({ questions }),
    ).replies[1],
    ['A visa of which kind?'],
  )
})

t.test('a pattern is read by an engine that takes time in proportion to the text', async (t) => {
  const questions = [
    {
      ...{ key: 'ASK_ORDER', field: 'order', text: 'Your order?' },
      answer: { type: 'pattern', pattern: '(?:a+)+b|order\\s*#?([0-9]{4,8})' },
    },
  ]
  const flow = flowOf({ questions })
  t.same(
    talk([said('Hi'), said(`${'a'.repeat(5_000)} Order #12345`)], flow).fields,
    {},
    'beyond 2,000 characters',
  )
  t.same(talk([said('Hi'), said(`${'a'.repeat(1_900)} Order #12345`)], flow).fields, { order: '12345' })
})

t.test('nothing is said while a person has the ticket, or after one wrote', async (t) => {
  const early = minutesLater(-5)
  t.same(talk([said('Hi', { personWroteAt: early })]).replies, [[]])
  t.same(talk([said('Hi', { assigned: true }), said('Hi')]).replies, [[], []])
  const { replies, state } = talk([
    said('Hi'),
    said('visa', { personWroteAt: AT }),
    said('Ana', { personWroteAt: AT }),
  ])
  t.same(replies, [[GREETING, SERVICE], [], []])
  t.match(state, { status: 'stopped', reason: 'person_wrote' })
})

t.test(
  'by rule it goes on so long after a person wrote, where it was, without a second greeting',
  async (t) => {
    const flow = flowOf({ resumeAfterMinutes: 60 })
    const messages = [
      said('Hi'),
      said('visa', { at: minutesLater(2), personWroteAt: minutesLater(1) }),
      said('visa', { at: minutesLater(60), personWroteAt: minutesLater(1) }),
      said('visa', { at: minutesLater(61), personWroteAt: minutesLater(1) }),
      said('Ana', { at: minutesLater(62), personWroteAt: minutesLater(1) }),
      said('Brazilian', { at: minutesLater(63), personWroteAt: minutesLater(1), assigned: true }),
      said('Brazilian', { at: minutesLater(64), personWroteAt: minutesLater(1) }),
    ]
    t.same(talk(messages, flow).replies, [[GREETING, SERVICE], [], [], [NAME], [NATIONALITY], [], []])
  },
)

const officeHours = {
  timezone: 'Asia/Dubai',
  week: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '18:00' }],
  closedText: 'We are closed and will call you tomorrow.',
}
/** 19:00 in Dubai. */
const EVENING = new Date('2026-03-02T15:00:00.000Z')

t.test('outside office hours it is told once that nobody is there', async (t) => {
  const at = EVENING
  const asks = flowOf({ officeHours })
  const texts = ['visa', 'Ana', 'Brazilian'].map((text) => said(text, { at }))
  t.same(talk(texts, asks).replies, [[GREETING, NAME], [NATIONALITY], [HANDOFF, officeHours.closedText]])
  const tells = flowOf({ officeHours: { ...officeHours, whenClosed: 'tell' } })
  const evening = [said('visa', { at }), said('Ana', { at }), said('Hello', { at: minutesLater(24 * 60) })]
  t.same(talk(evening, tells).replies, [[GREETING, officeHours.closedText], [], [NAME]])
  t.same(talk([said('visa')], tells).replies, [[GREETING, NAME]])
})

const anyMessage = fc.record({
  text: fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'Hi',
      'family visa',
      'my name is',
      'my name is Ana',
      'I am from',
      'a@b.co',
      'constructor',
      '?',
      '  ',
    ),
  ),
  at: fc.integer({ min: 0, max: 10_000 }).map(minutesLater),
  assigned: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  personWroteAt: fc.option(fc.integer({ min: -100, max: 10_000 }).map(minutesLater), { freq: 6 }),
})
const talks = fc.array(anyMessage, { maxLength: 25 })
const flows = [
  defaultFlow,
  flowOf({ resumeAfterMinutes: 30, officeHours }),
  flowOf({ officeHours: { ...officeHours, whenClosed: 'tell' }, greeting: null }),
]

t.test(
  'whatever is written: nothing is said twice, nothing after the hand-off, the greeting first',
  async (t) => {
    fc.assert(
      fc.property(talks, fc.constantFrom(...flows), (messages, flow) => {
        let state = newFlowState()
        const all: FlowReply[] = []
        for (const message of messages) {
          const before = JSON.stringify(state)
          const step = runFlow(flow, state, message)
          t.equal(JSON.stringify(state), before, 'the state before is left alone')
          t.same(runFlow(flow, state, message), step, 'the same again')
          if (state.status === 'handed_off' || step.state.status === 'stopped') t.same(step.replies, [])
          all.push(...step.replies)
          state = step.state
        }
        const keys = all.map(({ key }) => key)
        t.equal(new Set(keys).size, keys.length, keys.join())
        t.ok(!keys.includes('GREETING') || keys[0] === 'GREETING')
        t.ok(
          !keys.includes('HANDOFF') ||
            keys.slice(keys.indexOf('HANDOFF') + 1).every((key) => key === 'CLOSED'),
        )
      }),
      { numRuns: 300 },
    )
  },
)
