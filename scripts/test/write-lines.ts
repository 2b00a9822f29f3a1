import type { Failure, FileResult } from './read-results.ts'

/** Of a failed point's details, what helps to find the fault. */
const TOLD = ['compare', 'found', 'wanted', 'diff', 'pattern', 'exitCode', 'signal', 'timeout', 'stack']

/** One line a test file, and below it what failed, for logs that are read and not watched. */
export function writeLines(file: FileResult): void {
  const count = `${file.passed} passed${file.failed > 0 ? `, ${file.failed} FAILED` : ''}`
  console.log(
    `${file.ok ? 'ok    ' : 'FAILED'}  ${file.name}  (${count}, ${(file.took / 1000).toFixed(1)} s)`,
  )
  file.failures.forEach(writeFailure)
}

function writeFailure({ path, details }: Failure): void {
  console.log(`\n        ${path.slice(1).join(' > ') || 'the file itself'}`)
  for (const name of TOLD) {
    const value = details[name]
    if (value === undefined || value === null) continue
    const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value)
    console.log(`          ${name}: ${text.replaceAll('\n', '\n            ')}`)
  }
  console.log('')
}
