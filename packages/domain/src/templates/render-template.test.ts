import { TemplateDefinition } from '@carteiro/contracts/template'
import fc from 'fast-check'
import { test } from 'tap'
import { formatValue } from './format-value.ts'
import { readComponents } from './read-components.ts'
import { renderTemplate } from './render-template.ts'

const INVOICE = TemplateDefinition.parse({
  header: 'Invoice {{number}}',
  body: 'Hello {{name}}, please pay {{amount}} by {{due}}.\nSee {{link}}.',
  footer: 'Carteiro',
  buttons: [
    { type: 'url', text: 'Pay', url: 'https://pay.example/invoice/{{token}}' },
    { type: 'phone', text: 'Call us', phone: '+551133330000' },
    { type: 'quick_reply', text: 'Already paid' },
  ],
  variables: [
    { name: 'number', type: 'number' },
    { name: 'name', type: 'text' },
    { name: 'amount', type: 'currency' },
    { name: 'due', type: 'date' },
    { name: 'link', type: 'url' },
    { name: 'token', type: 'text' },
  ],
})
const VALUES = {
  number: 1_024,
  name: 'Ana *Lima*',
  amount: { amount: 1_234.5, currency: 'BRL' },
  due: '2030-01-31',
  link: 'https://pay.example/help',
  token: 'a/b?c=_d',
}

/** Intl writes non-breaking blanks. */
const spaced = (text: string) => text.replace(/\s/g, ' ')

test('a template is filled whole, in the way its language writes', async (t) => {
  const rendered = renderTemplate(INVOICE, VALUES, 'pt_BR')
  if (rendered.status !== 'rendered') throw new Error(JSON.stringify(rendered))
  t.same(rendered.text.split('\n').map(spaced), [
    'Invoice 1.024',
    '',
    'Hello Ana \u2217Lima\u2217, please pay R$ 1.234,50 by 31 de janeiro de 2030.',
    'See https://pay.example/help.',
    '',
    'Carteiro',
    '',
    'Pay: https://pay.example/invoice/a%2Fb%3Fc%3D_d',
    'Call us: +551133330000',
    '- Already paid',
  ])
  t.match(rendered.components, [
    { type: 'header', parameters: [{ type: 'text', parameter_name: 'number', text: '1.024' }] },
    {
      type: 'body',
      parameters: [
        { parameter_name: 'name' },
        { parameter_name: 'amount' },
        { parameter_name: 'due' },
        { parameter_name: 'link' },
      ],
    },
    { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'a%2Fb%3Fc%3D_d' }] },
  ])
})

test('each variable that is missing, unknown or of another type is named', async (t) => {
  const { name: _, ...others } = VALUES
  const rendered = renderTemplate(INVOICE, { ...others, due: 'soon', number: 'many', nickname: 'A' }, 'en')
  t.match(rendered, { status: 'faults' })
  const told = rendered.status === 'faults' ? rendered.faults.map(({ variable }) => variable) : []
  t.same(told.sort(), ['due', 'name', 'nickname', 'number'])
})

test('a value is of its variable\u2019s type, and written as the language writes it', async (t) => {
  const table: [
    type: Parameters<typeof formatValue>[0],
    value: Parameters<typeof formatValue>[1],
    text: string | undefined,
  ][] = [
    ['text', 'Ana', 'Ana'],
    ['text', '', undefined],
    ['text', ' \n ', undefined],
    ['text', 7, undefined],
    ['number', 1234.5, '1.234,5'],
    ['number', '1234.50', '1.234,5'],
    ['number', '1e9', undefined],
    ['number', 1e16, undefined],
    ['date', '2024-02-29', '29 de fevereiro de 2024'],
    ['date', '2023-02-29', undefined],
    ['date', '31/01/2030', undefined],
    ['date', 20300131, undefined],
    ['currency', { amount: 0.1, currency: 'BRL' }, 'R$ 0,10'],
    ['currency', 12, undefined],
    ['url', 'https://example.com/a b', 'https://example.com/a%20b'],
    ['url', 'javascript:alert(1)', undefined],
    ['url', 'https://user:secret@example.com', undefined],
    ['url', 'example.com', undefined],
  ]
  for (const [type, value, text] of table) {
    const formatted = formatValue(type, value, 'pt_BR')
    t.equal(
      formatted.status === 'formatted' ? spaced(formatted.text) : undefined,
      text,
      `${type} ${JSON.stringify(value)}`,
    )
  }
})

test('a value is never filled in again', async (t) => {
  const definition = TemplateDefinition.parse({
    body: '{{a}} and {{b}}',
    variables: [
      { name: 'a', type: 'text' },
      { name: 'b', type: 'text' },
    ],
  })
  t.match(renderTemplate(definition, { a: '{{b}}', b: '$& {{a}}' }, 'en'), { text: '{{b}} and $& {{a}}' })
})

test('whatever fills a template, its own lines stay as many as they are, and its button leads to its host', async () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ minLength: 1 }), (name, token) => {
      const rendered = renderTemplate(INVOICE, { ...VALUES, name, token }, 'en')
      fc.pre(rendered.status === 'rendered')
      const lines = rendered.text.split('\n')
      const pay = lines.find((line) => line.startsWith('Pay: '))?.slice(5) ?? ''
      return (
        lines.length === 10 &&
        new URL(pay).href.startsWith('https://pay.example/invoice/') &&
        new URL(pay).search === ''
      )
    }),
  )
})

test('a step in a path is no value for a button', async (t) => {
  for (const token of ['.', '..', ' .. ']) {
    t.match(renderTemplate(INVOICE, { ...VALUES, token }, 'en'), {
      status: 'faults',
      faults: [{ variable: 'token' }],
    })
  }
})

const text = (value: string) => ({ type: 'text', text: value })

test('Meta\u2019s components fill the places of their part, in order or by name', async (t) => {
  const components = [
    { type: 'HEADER', parameters: [text('7')] },
    {
      type: 'body',
      parameters: [
        text('Ana'),
        { type: 'currency', currency: { fallback_value: 'R$ 1,50', code: 'BRL', amount_1000: 1_500 } },
        text('2030-01-31'),
        { type: 'text', parameter_name: 'link', text: 'https://example.com/' },
      ],
    },
    { type: 'button', sub_type: 'url', index: '0', parameters: [text('abc')] },
  ]
  t.same(readComponents(INVOICE, components), {
    status: 'read',
    values: {
      number: '7',
      name: 'Ana',
      amount: { amount: 1.5, currency: 'BRL' },
      due: '2030-01-31',
      link: 'https://example.com/',
      token: 'abc',
    },
  })
  const numbered = TemplateDefinition.parse({
    body: '{{2}} {{1}}',
    variables: [
      { name: '1', type: 'text' },
      { name: '2', type: 'text' },
    ],
  })
  t.same(readComponents(numbered, [{ type: 'body', parameters: [text('one'), text('two')] }]), {
    status: 'read',
    values: { 1: 'one', 2: 'two' },
  })
})

test('components that cannot stand in a text are named', async (t) => {
  const table: [component: object, path: string][] = [
    [{ type: 'body', parameters: [{ type: 'image', image: { link: 'x' } }] }, 'components.0.parameters.0'],
    [{ type: 'footer', parameters: [text('a')] }, 'components.0.parameters.0'],
    [{ type: 'header', parameters: [text('a'), text('b')] }, 'components.0.parameters.1'],
    [{ parameters: [] }, 'components.0.type'],
  ]
  for (const [component, path] of table) {
    t.match(readComponents(INVOICE, [component]), { status: 'fault', path }, JSON.stringify(component))
  }
})
