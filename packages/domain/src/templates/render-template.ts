import type { TemplateValue } from '@carteiro/contracts/intents/template'
import {
  fillPlaceholders,
  placeholdersIn,
  type TemplateButton,
  type TemplateDefinition,
} from '@carteiro/contracts/template'
import { formatValue } from './format-value.ts'
import { plainUrl } from './plain-value.ts'

export type TemplateValues = Record<string, TemplateValue>

export interface VariableFault {
  variable: string
  message: string
}

export type RenderedTemplate =
  | { status: 'rendered'; text: string; components: object[] }
  | { status: 'faults'; faults: VariableFault[] }

type ValueOf = (name: string) => string

/** A value as it stands in a text, and as a part of a URL. */
interface Filling {
  text: ValueOf
  url: ValueOf
}

/**
 * Fills a template: the text that a phone shows, and the parameters that Meta fills its own copy with. Pure.
 *
 * @param language in which values are written out, `pt_BR`
 * @returns every variable that is missing, too many, or of another type than its own
 */
export function renderTemplate(
  definition: TemplateDefinition,
  values: TemplateValues,
  language: string,
): RenderedTemplate {
  const { texts, faults } = formatValues(definition, values, language)
  const steps = definition.buttons.flatMap((button) => stepFaults(button, values))
  if (faults.length + steps.length > 0) return { status: 'faults', faults: [...faults, ...steps] }
  const text: ValueOf = (name) => texts.get(name) ?? ''
  const filling = { text, url: (name: string) => urlPart(values[name], text(name)) }
  return {
    status: 'rendered',
    text: textOf(definition, filling),
    components: componentsOf(definition, filling),
  }
}

function formatValues({ variables }: TemplateDefinition, values: TemplateValues, language: string) {
  const texts = new Map<string, string>()
  const faults: VariableFault[] = []
  for (const { name, type } of variables) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) {
      faults.push({ variable: name, message: `${name} is missing` })
      continue
    }
    const formatted = formatValue(type, value, language)
    if (formatted.status === 'formatted') texts.set(name, formatted.text)
    else faults.push({ variable: name, message: `${name} ${formatted.message}` })
  }
  const known = new Set(variables.map(({ name }) => name))
  const unknown = Object.keys(values).filter((name) => !known.has(name))
  return {
    texts,
    faults: [
      ...faults,
      ...unknown.map((name) => ({ variable: name, message: `${name} is no variable of this template` })),
    ],
  }
}

/** `.` and `..` are steps in a path, however they are spelled. */
function stepFaults(button: TemplateButton, values: TemplateValues): VariableFault[] {
  if (button.type !== 'url') return []
  return placeholdersIn(button.url)
    .filter((name) => /^\.{1,2}$/.test(String(values[name]).trim()))
    .map((name) => ({ variable: name, message: `${name} must not be a step in a path` }))
}

/** What was given, not how it is written out for people, and spelled so that it stays this part of the URL. */
function urlPart(value: TemplateValue | undefined, written: string): string {
  const given = typeof value === 'object' ? written : String(value).trim()
  return plainUrl(encodeURIComponent(given))
}

/** What a phone without templates shows: header, body, footer and buttons below one another. */
function textOf({ header, body, footer, buttons }: TemplateDefinition, filling: Filling): string {
  const lines = buttons.map((button) => buttonLine(button, filling))
  const parts = [
    header && fillPlaceholders(header, filling.text),
    fillPlaceholders(body, filling.text),
    footer,
  ]
  return [...parts, lines.join('\n')].filter(Boolean).join('\n\n')
}

function buttonLine(button: TemplateButton, filling: Filling): string {
  switch (button.type) {
    case 'quick_reply':
      return `- ${button.text}`
    case 'phone':
      return `${button.text}: ${button.phone}`
    case 'url':
      return `${button.text}: ${fillUrl(button.url, filling)}`
    default:
      return button satisfies never
  }
}

/** A variable may be the whole URL; it was checked to be one. */
function fillUrl(url: string, filling: Filling): string {
  const isWhole = fillPlaceholders(url, () => '') === ''
  return fillPlaceholders(url, isWhole ? filling.text : filling.url)
}

function componentsOf({ header, body, buttons }: TemplateDefinition, filling: Filling): object[] {
  const filled = (type: string, text: string) => {
    const parameters = parametersOf(text, filling.text)
    return parameters.length === 0 ? [] : [{ type, parameters }]
  }
  return [
    ...filled('header', header ?? ''),
    ...filled('body', body),
    ...buttons.flatMap((button, index) => {
      if (button.type !== 'url') return []
      const parameters = placeholdersIn(button.url).map((name) => ({ type: 'text', text: filling.url(name) }))
      return parameters.length === 0
        ? []
        : [{ type: 'button', sub_type: 'url', index: String(index), parameters }]
    }),
  ]
}

/** Meta's variables are numbered, or all of them named; each is filled once. */
function parametersOf(text: string, fill: ValueOf): object[] {
  const names = [...new Set(placeholdersIn(text))]
  if (names.every((name) => /^\d+$/.test(name))) {
    return names.toSorted((a, b) => Number(a) - Number(b)).map((name) => ({ type: 'text', text: fill(name) }))
  }
  return names.map((name) => ({ type: 'text', parameter_name: name, text: fill(name) }))
}
