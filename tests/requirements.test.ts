import { access, readFile } from 'node:fs/promises'
import t from 'tap'

const ROOT = new URL('../', import.meta.url)
const read = (file: string) => readFile(new URL(file, ROOT), 'utf8')

interface Row {
  required: string
  builtIn: string[]
  /** Tests, or cases of a test, by the file that holds them. */
  held: [file: string, name: string][]
  decisions: string[]
}

/** A line of one of the page's tables; nothing for a heading or a rule. */
function toRow(line: string): Row[] {
  if (!line.startsWith('|') || /^\|\s*(---|required)/.test(line)) return []
  const [, required = '', builtIn = '', heldBy = '', ...rest] = line
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
  if (rest.join('') !== '') throw new Error(`more than three cells: ${line}`)
  return [
    {
      required,
      builtIn: [...builtIn.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
      held: [...heldBy.matchAll(/`([^`]+\.(?:test\.ts|json))`: "([^"]+)"/g)].map(
        ([, file = '', name = '']): [string, string] => [file, name],
      ),
      decisions: [...heldBy.matchAll(/\]\((adr\/[^)]+)\)/g)].map(([, file = '']) => file),
    },
  ]
}

const rows = (await read('docs/requirements.md')).split('\n').flatMap(toRow)

const TEST = /\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g
const unescaped = (name: string) =>
  name
    .replace(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(['`])/g, '$1')

const sources = new Map<string, Promise<string>>()
const sourceOf = (file: string) => {
  const source = sources.get(file) ?? read(file)
  sources.set(file, source)
  return source
}

/** The names of a file's tests as they stand in it, or those of the cases that it holds. */
async function namesIn(file: string): Promise<string[]> {
  const source = await sourceOf(file)
  if (file.endsWith('.json')) {
    return JSON.parse(source).map(({ name }: { name: string }) => name)
  }
  return [...source.matchAll(TEST)].map(([, , name = '']) => unescaped(name))
}

t.test('no requirement is without a place and a test, or a decision and what holds instead', async (t) => {
  t.ok(rows.length > 150, `${rows.length} rows`)
  for (const { required, builtIn, held, decisions } of rows) {
    t.ok(required !== '' && builtIn.length > 0, required)
    t.ok(held.length + decisions.length > 0, `${required}: is held`)
  }
})

t.test('each file that the requirements name is there', async (t) => {
  const files = rows.flatMap(({ builtIn, decisions }) => [
    ...builtIn,
    ...decisions.map((file) => `docs/${file}`),
  ])
  for (const file of new Set(files)) await t.resolves(access(new URL(file, ROOT)), file)
})

t.test('each test that the requirements name is there, under its name', async (t) => {
  const named = new Map(rows.flatMap(({ held }) => held).map((one) => [one.join(': '), one]))
  for (const [label, [file, name]] of named) t.ok((await namesIn(file)).includes(name), label)
})
