import type { Command } from 'commander'

/** Writes what a command found: a table for people, JSON with `--json`. */
export function writeResult(command: Command, result: object | object[]): void {
  if (command.optsWithGlobals().json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  console.table(Array.isArray(result) ? result : [result])
}
