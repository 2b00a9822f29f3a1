import { z } from 'zod'
import { StorableText } from '../storable-text.ts'
import { BoundedJson } from './bounded-json.ts'
import { quoting } from './quoting.ts'
import { MAX_TEXT_LENGTH } from './text.ts'

/** Meta's letters of a template's name; Meta takes 512 of them, a path of our API 200. */
export const TemplateCode = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_]{0,199}$/, 'must be lower-case letters, digits and _, 200 at most')

/** `en`, `pt_BR`; also read as `pt-BR`, whatever the case. Written as Meta writes it. */
export const TemplateLanguage = z
  .string()
  .regex(/^[a-z]{2,3}([_-]([a-z]{2}|\d{3}))?$/i, 'must be a language such as en or pt_BR')
  .overwrite((text) => {
    const [language = '', region] = text.split(/[_-]/)
    return region === undefined ? language.toLowerCase() : `${language.toLowerCase()}_${region.toUpperCase()}`
  })

export const VariableName = z
  .string()
  .regex(/^([a-z][a-z0-9_]{0,63}|[1-9][0-9]?)$/, 'must be lower-case letters, digits and _, or a number')

/** Ours: Meta bounds the rendered body, at 1,024 characters. */
const MAX_VALUE_LENGTH = 1_024
const MAX_VARIABLES = 30
/** Header, body, footer, and ten buttons: no template of Meta's has more. */
const MAX_COMPONENTS = 20

/** What a variable is filled with. Which of these it must be is said by the template. */
export const TemplateValue = z.union(
  [
    StorableText.max(MAX_VALUE_LENGTH),
    z.number(),
    z.strictObject({ amount: z.number(), currency: z.string().regex(/^[A-Z]{3}$/) }),
  ],
  { error: 'must be a text, a number, or {amount, currency}' },
)
export type TemplateValue = z.infer<typeof TemplateValue>

const Rendered = z.strictObject({
  version: z.number().int(),
  /** The language that was found, which may be a wider one than was asked for. */
  language: z.string(),
  /** What a person reads, whole; what transports without templates of their own send. */
  text: z.string().max(MAX_TEXT_LENGTH),
  /** The template's name at Meta, and what fills it there. */
  provider: z.strictObject({ name: z.string(), components: z.array(z.unknown()) }),
})

export const TemplateIntent = z.strictObject({
  intent: z.literal('template'),
  templateCode: TemplateCode,
  /** When left out, the only one in which the template is there. */
  language: TemplateLanguage.optional(),
  variables: z
    .record(VariableName, TemplateValue)
    .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, `must be ${MAX_VARIABLES} at most`)
    .optional(),
  /** Meta's own way to fill a template; passed on as it is to numbers of the Cloud API. */
  components: z.array(BoundedJson).max(MAX_COMPONENTS).optional(),
  /** Written when it is queued: what was accepted is what is sent. Absent where the template is Meta's alone. */
  rendered: Rendered.optional(),
  ...quoting,
})
export type TemplateIntent = z.infer<typeof TemplateIntent>
