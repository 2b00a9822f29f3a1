import type { Readable } from 'node:stream'
import { Parser, type Result } from 'tap-parser'

export interface Counts {
  passed: number
  failed: number
}

/** A test file that ended, with its innermost points counted and the failed ones. */
export interface FileResult extends Counts {
  name: string
  ok: boolean
  /** Milliseconds. */
  took: number
  failures: Failure[]
}

export interface Failure {
  /** The names of the tests around the point and its own, outermost first. */
  path: string[]
  details: Record<string, unknown>
}

/**
 * Reads raw TAP as tap writes it, counting assertions: the innermost points alone, so that a test that groups others
 * is not counted beside them. What was skipped or is still to do counts as neither.
 *
 * @param onFile called as each test file ends
 */
export function readResults(tap: Readable, onFile: (file: FileResult) => void): Promise<Counts> {
  const total = { passed: 0, failed: 0 }
  return new Promise((resolve) => {
    const parser = new Parser({ name: 'all' }, () => resolve(total))
    onPoint(parser, (point, inside) => {
      total.passed += inside.passed
      total.failed += inside.failures.length
      onFile({
        ...inside,
        name: point.name,
        ok: point.ok,
        took: point.time ?? 0,
        failed: inside.failures.length,
      })
    })
    tap.pipe(parser)
  })
}

interface Inside {
  passed: number
  failures: Failure[]
}

/** Calls `done` for each point of one level, with what the levels below it added up to. */
function onPoint(parser: Parser, done: (point: Result, inside: Inside) => void): void {
  let inside: Inside = { passed: 0, failures: [] }
  parser.on('child', (child: Parser) => {
    const collected: Inside = { passed: 0, failures: [] }
    inside = collected
    onPoint(child, (_point, below) => {
      collected.passed += below.passed
      collected.failures.push(...below.failures)
    })
  })
  parser.on('assert', (point: Result) => {
    const { passed, failures } = inside
    inside = { passed: 0, failures: [] }
    done(point, {
      passed: passed + (isLeafThatPassed(point, passed + failures.length) ? 1 : 0),
      failures: failuresOf(point, failures),
    })
  })
}

const isLeafThatPassed = (point: Result, below: number): boolean =>
  point.ok && below === 0 && !point.skip && !point.todo

/** A group may also fail by itself: by its plan, its time limit, or its process's exit code. */
function failuresOf(point: Result, below: Failure[]): Failure[] {
  if (below.length > 0) return below.map(({ path, details }) => ({ path: [point.name, ...path], details }))
  return point.ok ? [] : [{ path: [point.name], details: isRecord(point.diag) ? point.diag : {} }]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
