import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import path from 'node:path'
import { backoffMs } from '@carteiro/runtime/backoff'
import { ROOT } from './folders.ts'

export interface SuperviseOptions {
  /** As shown in progress lines and in the log file's name. */
  name: string
  /** What Node runs: a file, from the project's folder, and its arguments. */
  command: string[]
  env: NodeJS.ProcessEnv
  logsDirectory: string
  /** Resolves when the process that runs now can do its work; gives up when the signal aborts. */
  isReady: (supervised: SupervisedProcess, signal: AbortSignal) => Promise<void>
  /** How long it may take to be ready. */
  readyDeadlineMs: number
  /** How long SIGTERM may take before SIGKILL. */
  stopDeadlineMs?: number
}

interface SupervisorEvents {
  started: [pid: number]
  /** It ended without being asked to, and is started again after `restartInMs`. */
  died: [{ code: number | null; signal: NodeJS.Signals | null; restartInMs: number }]
  /** What it sent to its parent. */
  message: [unknown]
}

/** A process that is started again, after a growing pause, whenever it dies. */
export interface SupervisedProcess {
  readonly name: string
  readonly logFile: string
  /** Where in the log file this start begins, in bytes. */
  readonly logOffset: number
  /** Of the process that runs now; undefined between a death and the next start. */
  readonly pid: number | undefined
  readonly restarts: number
  readonly events: EventEmitter<SupervisorEvents>
  /** Sends a signal to the process that runs now; when it dies of it, it is started again. */
  kill(signal: NodeJS.Signals): void
  /** Ends the process that runs now, and waits until its successor is ready. Rejects past the ready deadline. */
  restart(signal?: NodeJS.Signals): Promise<void>
  /** Ends it for good: SIGTERM, and SIGKILL after the deadline. A second call waits for the first. */
  stop(): Promise<void>
}

const RESTART = { firstMs: 200, maxMs: 10_000, jitter: 0 }
/** After so long without dying, a death is a first one again. */
const STEADY_AFTER_MS = 5_000
const STOP_DEADLINE_MS = 35_000
/** Ends a child whose parent was killed: the child loses its channel to it. */
const END_WITH_PARENT = ['--import', path.join(import.meta.dirname, 'end-with-parent.ts')]

/** Starts a process of Carteiro and keeps it running; its output goes to `<logsDirectory>/<name>.log`. */
export function supervise(options: SuperviseOptions): SupervisedProcess {
  const supervisor = new Supervisor(options)
  supervisor.start()
  return supervisor
}

class Supervisor implements SupervisedProcess {
  readonly name: string
  readonly logFile: string
  readonly logOffset: number
  readonly events = new EventEmitter<SupervisorEvents>()
  restarts = 0
  readonly #options: SuperviseOptions
  #child: ChildProcess | undefined
  #timer: NodeJS.Timeout | undefined
  #stopping: Promise<void> | undefined
  #deathsInARow = 0

  constructor(options: SuperviseOptions) {
    this.#options = options
    this.name = options.name
    mkdirSync(options.logsDirectory, { recursive: true, mode: 0o700 })
    this.logFile = path.join(options.logsDirectory, `${options.name}.log`)
    this.logOffset = existsSync(this.logFile) ? statSync(this.logFile).size : 0
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const startedAt = Date.now()
    const child = spawnLogged(this.#options, this.logFile)
    this.#child = child
    child.on('message', (message) => this.events.emit('message', message))
    onceEnded(child, (code, signal) => {
      this.#child = undefined
      if (!this.#stopping) this.#startLater(code, signal, Date.now() - startedAt)
    })
    if (child.pid !== undefined) this.events.emit('started', child.pid)
  }

  #startLater(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    this.#deathsInARow = livedMs > STEADY_AFTER_MS ? 1 : this.#deathsInARow + 1
    const restartInMs = backoffMs(this.#deathsInARow, RESTART)
    this.#timer = setTimeout(() => {
      this.restarts++
      this.start()
    }, restartInMs)
    this.events.emit('died', { code, signal, restartInMs })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const timeout = AbortSignal.timeout(this.#options.readyDeadlineMs)
    const started = once(this.events, 'started', { signal: timeout })
    this.kill(signal)
    await started
    await this.#options.isReady(this, timeout)
    timeout.throwIfAborted()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#child) await endChild(this.#child, this.#options.stopDeadlineMs ?? STOP_DEADLINE_MS)
  }
}

/**
 * In a process group of its own: a Ctrl-C in the terminal reaches only the parent, which stops all in order. It writes
 * its log file itself, so that its last words are kept when the parent is killed.
 */
function spawnLogged({ command, env }: SuperviseOptions, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  try {
    return spawn(process.execPath, [...END_WITH_PARENT, ...command], {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    })
  } finally {
    closeSync(log)
  }
}

type OnEnded = (code: number | null, signal: NodeJS.Signals | null) => void

/** `exit`, or a failure to start at all. */
function onceEnded(child: ChildProcess, onEnded: OnEnded): void {
  child.once('exit', onEnded)
  child.once('error', () => {
    if (child.pid === undefined) onEnded(null, null)
  })
}

async function endChild(child: ChildProcess, deadlineMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => onceEnded(child, () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  await ended
  clearTimeout(timer)
}
