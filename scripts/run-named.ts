import { readdirSync } from 'node:fs'
import path from 'node:path'

interface Named {
  /** @returns the exit code */
  run(args: string[]): Promise<number>
}

/**
 * Runs `scripts/<kind>/<name>.ts`, the name being the first argument. Without a name, or with an unknown one, it lists
 * the names there are.
 *
 * @returns the exit code
 */
export async function runNamed(kind: 'bench' | 'prove', [name, ...args]: string[]): Promise<number> {
  const folder = path.join(import.meta.dirname, kind)
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => path.basename(file, '.ts'))
  if (name === undefined || !names.includes(name)) {
    const problem = name === undefined || name === '--help' ? '' : `There is no ${kind} called ${name}. `
    console.error(`${problem}Usage: npm run ${kind} -- NAME, where NAME is ${names.join(', ')}.`)
    return name === '--help' ? 0 : 1
  }
  const found: Named = await import(path.join(folder, `${name}.ts`))
  return await found.run(args)
}
