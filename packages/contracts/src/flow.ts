import { z } from 'zod'
import { VariableName } from './intents/template.ts'
import { OfficeHours } from './office-hours.ts'
import { SingleLine, StorableText } from './storable-text.ts'
import { fillPlaceholders, placeholdersIn } from './template.ts'

const MAX_TEXT_LENGTH = 1_024
const MAX_QUESTIONS = 20
const MAX_PATTERN_LENGTH = 200

/** Keys that a flow gives to what it says besides its questions. */
export const RESERVED_KEYS = ['GREETING', 'HANDOFF', 'CLOSED'] as const

/** What is said; `{{name}}` is the place of a word of the brand, or of a field that is known by then. */
const FlowText = StorableText.trim().min(1).max(MAX_TEXT_LENGTH)
const Phrase = SingleLine.trim().min(1).max(80)

/** What an answer is, and how it is found in a text. */
export const FlowAnswer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('choice'),
    /** `words`: any of these phrases names the option; whole words, whatever their case and accents. */
    options: z
      .array(z.strictObject({ value: Phrase, words: z.array(Phrase).min(1).max(50) }))
      .min(1)
      .max(100),
  }),
  z.strictObject({ type: z.literal('name') }),
  z.strictObject({ type: z.literal('email') }),
  z.strictObject({ type: z.literal('text'), maxLength: z.number().int().min(1).max(500).default(200) }),
  /** An expression of RE2's syntax: it takes time in proportion to the text, whatever it is. */
  z.strictObject({ type: z.literal('pattern'), pattern: z.string().min(1).max(MAX_PATTERN_LENGTH) }),
])
export type FlowAnswer = z.infer<typeof FlowAnswer>

const Asked = {
  /** Where the answer is kept: a known field of the ticket. */
  field: VariableName,
  answer: FlowAnswer,
  /** Phrases after which the answer stands in a text that says more: "my name is". */
  cues: z.array(Phrase).max(50).default([]),
}

export const FlowQuestion = z.strictObject({
  key: z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/, 'must be a name such as ASK_SERVICE'),
  ...Asked,
  text: FlowText,
  /** Said once, when the first answer cannot be read; left out, nothing is. */
  again: FlowText.nullable().default(null),
  /** After so many answers that cannot be read, `otherwise` holds. */
  tries: z.number().int().min(1).max(5).default(2),
  /** `accept` takes the text as it is, `pass` leaves the field open and goes on, `handoff` ends the questions. */
  otherwise: z.enum(['accept', 'pass', 'handoff']).default('pass'),
  /** Asked only when an earlier question's field has one of these values. */
  when: z
    .strictObject({ field: VariableName, is: z.array(Phrase).min(1).max(100) })
    .nullable()
    .default(null),
})
export type FlowQuestion = z.infer<typeof FlowQuestion>

const Fields = z.strictObject({
  enabled: z.boolean(),
  /** Words of the tenant's own, for `{{assistant}}` and the like. */
  brand: z.record(VariableName, SingleLine.trim().min(1).max(100)).default({}),
  /** Said once in a conversation, ahead of the first text. */
  greeting: FlowText.nullable().default(null),
  questions: z.array(FlowQuestion).min(1).max(MAX_QUESTIONS),
  /** Said when nothing is left to ask; `fields` are looked for in what comes after it, without another question. */
  handoff: z
    .strictObject({ text: FlowText, fields: z.array(z.strictObject(Asked)).max(10).default([]) })
    .nullable()
    .default(null),
  /** Texts of nothing but these are no answers: "good morning". */
  pleasantries: z.array(Phrase).max(200).default([]),
  officeHours: z
    .strictObject({
      ...OfficeHours.shape,
      /** What is said, once, outside of them. */
      closedText: FlowText,
      /** `ask` asks all the same and tells it at the hand-off; `tell` tells it alone. */
      whenClosed: z.enum(['ask', 'tell']).default('ask'),
    })
    .nullable()
    .default(null),
  /** So long after a person wrote in a ticket that nobody has taken, the flow goes on; `null`: never. */
  resumeAfterMinutes: z.number().int().min(1).max(43_200).nullable().default(null),
})

/** What a tenant's first lines of a conversation are, as data. */
export const FlowDefinition = Fields.superRefine((definition, context) => {
  for (const { path, message } of faultsOf(definition)) {
    context.addIssue({ code: 'custom', path, message })
  }
})
export type FlowDefinition = z.infer<typeof FlowDefinition>

/** A tenant's flow as it stands. Each change is a new version; 0 is the default one, which nobody wrote. */
export const Flow = z.object({
  version: z.number().int(),
  createdAt: z.iso.datetime().nullable(),
  definition: Fields,
})
export type Flow = z.infer<typeof Flow>

/** A member of a definition that cannot be, by its path. */
export interface FlowFault {
  path: (string | number)[]
  message: string
}

function faultsOf(definition: z.infer<typeof Fields>): FlowFault[] {
  const { questions, handoff, brand } = definition
  const brandWords = Object.keys(brand)
  const fields = questions.map(({ field }) => field)
  const later = (handoff?.fields ?? []).map(({ field }) => field)
  const words = new Set([...brandWords, ...fields])
  return [
    ...questions.flatMap((question, index) => questionFaults(question, index, definition)),
    ...fieldFaults(fields, brandWords, (index) => ['questions', index, 'field']),
    ...fieldFaults(later, brandWords, (index) => ['handoff', 'fields', index, 'field']),
    ...textFaults(['greeting'], definition.greeting, new Set(brandWords)),
    ...textFaults(['handoff', 'text'], handoff?.text ?? null, words),
    ...textFaults(['officeHours', 'closedText'], definition.officeHours?.closedText ?? null, words),
  ]
}

/** What is open after the hand-off may be a question's field: it is filled then. */
function fieldFaults(
  fields: string[],
  brandWords: string[],
  pathOf: (index: number) => FlowFault['path'],
): FlowFault[] {
  return fields.flatMap((field, index) => {
    const path = pathOf(index)
    if (fields.indexOf(field) < index) return [{ path, message: `${field} is there twice` }]
    return brandWords.includes(field) ? [{ path, message: `${field} is a word of the brand` }] : []
  })
}

function questionFaults(
  { key, text, again, answer, otherwise, when }: FlowQuestion,
  index: number,
  { questions, brand }: z.infer<typeof Fields>,
): FlowFault[] {
  const earlier = questions.slice(0, index)
  const known = new Set([...Object.keys(brand), ...earlier.map(({ field }) => field)])
  const at = (...path: string[]) => ['questions', index, ...path]
  const isTaken = RESERVED_KEYS.some((reserved) => reserved === key) || key.endsWith('_AGAIN')
  return [
    ...(isTaken ? [{ path: at('key'), message: `${key} is a name of the flow's own` }] : []),
    ...(earlier.some((other) => other.key === key) ? [{ path: at('key'), message: 'is there twice' }] : []),
    ...textFaults(at('text'), text, known),
    ...textFaults(at('again'), again, known),
    ...(otherwise === 'accept' && (answer.type === 'name' || answer.type === 'email')
      ? [{ path: at('otherwise'), message: `may not accept what is no ${answer.type}; take pass or handoff` }]
      : []),
    ...(when && !earlier.some(({ field }) => field === when.field)
      ? [
          {
            path: at('when', 'field'),
            message: 'must be the field of an earlier question: a circle has no end',
          },
        ]
      : []),
  ]
}

function textFaults(path: FlowFault['path'], text: string | null, known: Set<string>): FlowFault[] {
  if (text === null) return []
  const unknown = [...new Set(placeholdersIn(text))].filter((name) => !known.has(name))
  const stray = /\{\{|\}\}/.test(fillPlaceholders(text, () => ''))
  return [
    ...unknown.map((name) => ({
      path,
      message: `{{${name}}} is neither a word of the brand nor an earlier field`,
    })),
    ...(stray ? [{ path, message: 'has braces that are no variable; write one as {{name}}' }] : []),
  ]
}
