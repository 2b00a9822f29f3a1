import { z } from 'zod'
import { WebLink } from './intents/file.ts'
import { TemplateCode, TemplateLanguage, VariableName } from './intents/template.ts'
import { SingleLine, StorableText } from './storable-text.ts'

/** Meta's documented limits of a template: 1,024 characters of a body, 60 of header and footer, ten buttons. */
const MAX_BODY_LENGTH = 1_024
const MAX_LINE_LENGTH = 60
const MAX_BUTTONS = 10
const MAX_BUTTON_TEXT_LENGTH = 25
const MAX_VARIABLES = 30

/** What a variable takes, and how it is written out; see docs/templates.md. */
export const VARIABLE_TYPES = ['text', 'number', 'date', 'currency', 'url'] as const

export const TemplateVariable = z.strictObject({ name: VariableName, type: z.enum(VARIABLE_TYPES) })
export type TemplateVariable = z.infer<typeof TemplateVariable>

const ButtonText = SingleLine.trim().min(1).max(MAX_BUTTON_TEXT_LENGTH)

export const TemplateButton = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('quick_reply'), text: ButtonText }),
  z.strictObject({
    type: z.literal('phone'),
    text: ButtonText,
    phone: z.string().regex(/^\+\d{8,15}$/, 'must be a phone number such as +5511955550001'),
  }),
  z.strictObject({ type: z.literal('url'), text: ButtonText, url: SingleLine.min(1).max(2_000) }),
])
export type TemplateButton = z.infer<typeof TemplateButton>

const Fields = z.strictObject({
  body: StorableText.trim().min(1).max(MAX_BODY_LENGTH),
  header: SingleLine.trim().min(1).max(MAX_LINE_LENGTH).nullable().default(null),
  footer: SingleLine.trim().min(1).max(MAX_LINE_LENGTH).nullable().default(null),
  buttons: z.array(TemplateButton).max(MAX_BUTTONS).default([]),
  variables: z.array(TemplateVariable).max(MAX_VARIABLES).default([]),
  /** The template's name at Meta, where it is not the code. */
  providerName: TemplateCode.nullable().default(null),
})

/** What a template says, in one language. `{{name}}` is the place of the variable `name`. */
export const TemplateDefinition = Fields.superRefine((definition, context) => {
  for (const { path, message } of faultsOf(definition)) {
    context.addIssue({ code: 'custom', path, message })
  }
})
export type TemplateDefinition = z.infer<typeof TemplateDefinition>

/** A template, as written everywhere. Each change is a new version; what was sent keeps the one that it was made of. */
export const Template = Fields.extend({
  code: TemplateCode,
  language: TemplateLanguage,
  version: z.number().int(),
  createdAt: z.iso.datetime(),
})
export type Template = z.infer<typeof Template>

const PLACEHOLDER = /\{\{\s*([a-z][a-z0-9_]{0,63}|[1-9][0-9]?)\s*\}\}/g

/** The names of the variables in a text, in order, each time that they stand there. */
export const placeholdersIn = (text: string): string[] =>
  [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '')

/** Puts values in their places, once: what a value holds is not looked at again. */
export const fillPlaceholders = (text: string, fill: (name: string) => string): string =>
  text.replace(PLACEHOLDER, (_place, name: string) => fill(name))

interface Fault {
  path: (string | number)[]
  message: string
}

function faultsOf(definition: z.infer<typeof Fields>): Fault[] {
  const { body, header, footer, buttons, variables } = definition
  const urls = buttons.flatMap((button, index) =>
    button.type === 'url' ? [{ path: ['buttons', index, 'url'], text: button.url }] : [],
  )
  const parts = [{ path: ['body'], text: body }, { path: ['header'], text: header ?? '' }, ...urls]
  const used = new Set(parts.flatMap(({ text }) => placeholdersIn(text)))
  return [
    ...parts.flatMap(({ path, text }) => placeFaults(path, text, variables)),
    ...variables.flatMap((variable, index) => variableFaults(variable, index, variables, used)),
    ...urls.flatMap(({ path, text }) => urlFaults(path, text, variables)),
    ...(/\{\{|\}\}/.test(footer ?? '') ? [{ path: ['footer'], message: 'may hold no variable' }] : []),
  ]
}

function placeFaults(path: Fault['path'], text: string, variables: TemplateVariable[]): Fault[] {
  const unknown = placeholdersIn(text).filter((name) => !variables.some((known) => known.name === name))
  const stray = /\{\{|\}\}/.test(fillPlaceholders(text, () => ''))
  return [
    ...[...new Set(unknown)].map((name) => ({ path, message: `{{${name}}} is not among the variables` })),
    ...(stray ? [{ path, message: 'has braces that are no variable; write one as {{name}}' }] : []),
  ]
}

function variableFaults(
  { name }: TemplateVariable,
  index: number,
  all: TemplateVariable[],
  used: Set<string>,
): Fault[] {
  const path = ['variables', index, 'name']
  if (all.findIndex((other) => other.name === name) < index) return [{ path, message: 'is there twice' }]
  return used.has(name) ? [] : [{ path, message: `is not used; write {{${name}}} where it belongs` }]
}

/** A value may fill in a path or a query, never the host: else it would say where the button leads. */
function urlFaults(path: Fault['path'], url: string, variables: TemplateVariable[]): Fault[] {
  const [first] = placeholdersIn(url)
  const isWhole = fillPlaceholders(url, () => '') === '' && placeholdersIn(url).length === 1
  if (isWhole) {
    const type = variables.find(({ name }) => name === first)?.type
    return type === 'url' ? [] : [{ path, message: `{{${first}}} must be of the type url` }]
  }
  if (!WebLink.safeParse(fillPlaceholders(url, () => 'x')).success) {
    return [{ path, message: 'must be a link, http:// or https://' }]
  }
  const hasHost = first === undefined || /^https?:\/\/[^/?#{}\\@]+[/?#][^{]*\{\{/i.test(url)
  return hasHost ? [] : [{ path, message: 'may hold variables only after the host' }]
}
