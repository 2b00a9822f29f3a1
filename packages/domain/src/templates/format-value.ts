import type { TemplateValue } from '@carteiro/contracts/intents/template'
import type { TemplateVariable } from '@carteiro/contracts/template'
import { plainUrl, plainValue } from './plain-value.ts'

export type FormattedValue = { status: 'formatted'; text: string } | { status: 'fault'; message: string }

type Format = (value: TemplateValue, locale: string) => string | undefined

const LONG_AGO = '0001-01-01'
const MAX_NUMBER = 1e15
const DECIMAL = /^-?\d{1,15}(\.\d{1,10})?$/

const FORMATS: Record<TemplateVariable['type'], { format: Format; mustBe: string }> = {
  text: { format: formatText, mustBe: 'must be a text with something in it' },
  number: { format: formatNumber, mustBe: 'must be a number' },
  date: { format: formatDate, mustBe: 'must be a day such as 2030-01-31' },
  currency: {
    format: formatCurrency,
    mustBe: 'must be {amount, currency}, such as {"amount":12.5,"currency":"BRL"}',
  },
  url: { format: formatUrl, mustBe: 'must be a link, http:// or https://, without user name or password' },
}

/**
 * Writes a value out as its variable's type asks, in the template's language: numbers, days and amounts as people
 * there write them.
 *
 * @param language as templates name it, `pt_BR`
 */
export function formatValue(
  type: TemplateVariable['type'],
  value: TemplateValue,
  language: string,
): FormattedValue {
  const { format, mustBe } = FORMATS[type]
  const text = format(value, language.replace('_', '-'))
  return text === undefined ? { status: 'fault', message: mustBe } : { status: 'formatted', text }
}

function formatText(value: TemplateValue): string | undefined {
  if (typeof value !== 'string') return undefined
  return plainValue(value) || undefined
}

/** Also as a decimal in text, which is how Meta's parameters and exact amounts come. */
function formatNumber(value: TemplateValue, locale: string): string | undefined {
  const text = typeof value === 'number' ? value : decimal(value)
  if (text === undefined || Math.abs(text) > MAX_NUMBER) return undefined
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }).format(text)
}

const decimal = (value: TemplateValue): number | undefined =>
  typeof value === 'string' && DECIMAL.test(value) ? Number(value) : undefined

/** A day of the calendar, which is the same one everywhere. */
function formatDate(value: TemplateValue, locale: string): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value) || value < LONG_AGO) return undefined
  const day = new Date(`${value}T00:00:00Z`)
  // 31 February becomes a day of March, or none.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== value) return undefined
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(day)
}

function formatCurrency(value: TemplateValue, locale: string): string | undefined {
  if (typeof value !== 'object' || Math.abs(value.amount) > MAX_NUMBER) return undefined
  return new Intl.NumberFormat(locale, { style: 'currency', currency: value.currency }).format(value.amount)
}

function formatUrl(value: TemplateValue): string | undefined {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.username === '' && url.password === '' ? plainUrl(url.href) : undefined
}
