import type { TemplateIntent, TemplateValue } from '@carteiro/contracts/intents/template'

/** Meta's own default, where a template that is Meta's alone was named without its language. */
const DEFAULT_LANGUAGE = 'en'

/** A template as Meta names and fills it: as it was filled when it was queued, else as the request says. */
export function toGraphTemplate({
  templateCode,
  language,
  variables = {},
  components,
  rendered,
}: TemplateIntent): object {
  const filled = rendered?.provider.components ?? components ?? bodyOf(variables)
  return {
    name: rendered?.provider.name ?? templateCode,
    language: { code: rendered?.language ?? language ?? DEFAULT_LANGUAGE },
    ...(filled.length === 0 ? {} : { components: filled }),
  }
}

/** Numbered variables stand in the order of their numbers, others are named. */
function bodyOf(variables: Record<string, TemplateValue>): object[] {
  const names = Object.keys(variables)
  if (names.length === 0) return []
  const areNumbered = names.every((name) => /^\d+$/.test(name))
  const ordered = areNumbered ? names.toSorted((a, b) => Number(a) - Number(b)) : names
  const parameters = ordered.map((name) => ({
    type: 'text',
    ...(areNumbered ? {} : { parameter_name: name }),
    text: textOf(variables[name]),
  }))
  return [{ type: 'body', parameters }]
}

const textOf = (value: TemplateValue | undefined): string =>
  typeof value === 'object' ? `${value.amount} ${value.currency}` : String(value)
