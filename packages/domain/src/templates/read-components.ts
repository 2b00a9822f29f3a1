import type { TemplateValue } from '@carteiro/contracts/intents/template'
import { placeholdersIn, type TemplateDefinition } from '@carteiro/contracts/template'
import { z } from 'zod'
import type { TemplateValues } from './render-template.ts'

/** Meta's parameters that can stand in a text. */
const Parameter = z.union([
  z.object({ type: z.literal('text'), text: z.string(), parameter_name: z.string().optional() }),
  z.object({
    type: z.literal('currency'),
    currency: z.object({ code: z.string().regex(/^[A-Z]{3}$/), amount_1000: z.number() }),
    parameter_name: z.string().optional(),
  }),
  z.object({
    type: z.literal('date_time'),
    date_time: z.object({ fallback_value: z.string() }),
    parameter_name: z.string().optional(),
  }),
])
type Parameter = z.infer<typeof Parameter>

const Component = z.object({
  type: z.string().transform((type) => type.toLowerCase()),
  sub_type: z.string().optional(),
  index: z.coerce.number().int().min(0).max(9).optional(),
  parameters: z.array(Parameter).max(30).default([]),
})
type Component = z.infer<typeof Component>

export type ReadComponents =
  | { status: 'read'; values: TemplateValues }
  | { status: 'fault'; path: string; message: string }

/**
 * Reads which values Meta's components give to a template's variables: each component's parameters fill the places
 * of its part, in order or by name. Pure.
 */
export function readComponents(
  definition: TemplateDefinition,
  components: readonly unknown[],
): ReadComponents {
  const values: [string, TemplateValue][] = []
  for (const [index, raw] of components.entries()) {
    const path = `components.${index}`
    const parsed = Component.safeParse(raw)
    if (!parsed.success) {
      const fault = parsed.error.issues[0]
      return { status: 'fault', path: [path, ...(fault?.path ?? [])].join('.'), message: UNREADABLE }
    }
    const names = namesOf(definition, parsed.data)
    const filled = parsed.data.parameters.map((parameter, at) => {
      const name = parameter.parameter_name ?? names[at]
      return name === undefined ? undefined : ([name, toValue(parameter)] as const)
    })
    const extra = filled.indexOf(undefined)
    if (extra >= 0) {
      return {
        status: 'fault',
        path: `${path}.parameters.${extra}`,
        message: 'has no place in this template',
      }
    }
    for (const pair of filled) if (pair) values.push([pair[0], pair[1]])
  }
  return { status: 'read', values: Object.fromEntries(values) }
}

const UNREADABLE = 'must be one of Meta\u2019s components with parameters of text, currency or date_time'

/** The variables of a component's part: numbered ones by their number, else in the order in which they stand. */
function namesOf({ header, body, buttons }: TemplateDefinition, { type, index }: Component): string[] {
  const names = [...new Set(placeholdersIn(partOf()))]
  return names.every((name) => /^\d+$/.test(name)) ? names.toSorted((a, b) => Number(a) - Number(b)) : names

  function partOf(): string {
    if (type === 'header') return header ?? ''
    if (type === 'body') return body
    const button = type === 'button' ? buttons[index ?? 0] : undefined
    return button?.type === 'url' ? button.url : ''
  }
}

function toValue(parameter: Parameter): TemplateValue {
  switch (parameter.type) {
    case 'text':
      return parameter.text
    case 'currency':
      return { amount: parameter.currency.amount_1000 / 1_000, currency: parameter.currency.code }
    case 'date_time':
      return parameter.date_time.fallback_value
    default:
      return parameter satisfies never
  }
}
