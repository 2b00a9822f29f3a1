const PLACEHOLDER = /\{\{\s*([\w.-]{1,64})\s*\}\}/g

export interface Template {
  text: string
  variables: Record<string, string>
}

/** The template's text, its `{{name}}` filled in; what has no variable stays as it is. Pure. */
export function renderTemplate({ text, variables }: Template): string {
  return text.replace(PLACEHOLDER, (written, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? written) : written,
  )
}

/** The placeholders that no variable fills: such a text is not for a customer. */
export function missingVariables({ text, variables }: Template): string[] {
  const names = [...text.matchAll(PLACEHOLDER)].flatMap(([, name]) => name ?? [])
  return [...new Set(names)].filter((name) => !Object.hasOwn(variables, name))
}
