export interface SendQueueOptions {
  /** Sends of one instance that may wait; more are refused. */
  maxWaiting: number
}

interface Line {
  running: number
  waiting: number
  /** What waits, by chat. */
  chats: Map<string, (() => Promise<void>)[]>
  /** Chats of which something waits and nothing runs, in the order of their turns. */
  turns: string[]
}

/**
 * Each instance has a line of its own, so that a slow one holds no other. Within it at most `ceiling` acts run at a
 * time, those of one chat one after the other in the order of the calls, and chats take turns: who has many messages to
 * send to one chat does not hold up the others.
 */
export class SendQueue {
  readonly #options: SendQueueOptions
  readonly #lines = new Map<string, Line>()

  constructor(options: SendQueueOptions) {
    this.#options = options
  }

  /** @returns `undefined` when too many wait: `act` is not run then */
  run<Result>(
    { instanceId, chat, ceiling }: { instanceId: string; chat: string; ceiling: number },
    act: () => Promise<Result>,
  ): Promise<Result> | undefined {
    const line: Line = this.#lines.get(instanceId) ?? { running: 0, waiting: 0, chats: new Map(), turns: [] }
    if (line.waiting >= this.#options.maxWaiting) return undefined
    this.#lines.set(instanceId, line)
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const task = () => act().then(resolve, reject)
    const before = line.chats.get(chat)
    if (before) before.push(task)
    else {
      line.chats.set(chat, [task])
      line.turns.push(chat)
    }
    line.waiting += 1
    this.#advance(instanceId, line, ceiling)
    return promise
  }

  /** How many run and how many wait. */
  load(instanceId: string): { running: number; waiting: number } {
    const { running = 0, waiting = 0 } = this.#lines.get(instanceId) ?? {}
    return { running, waiting }
  }

  #advance(instanceId: string, line: Line, ceiling: number): void {
    while (line.running < ceiling) {
      const chat = line.turns.shift()
      if (chat === undefined) break
      const tasks = line.chats.get(chat) ?? []
      const task = tasks.shift()
      if (!task) continue
      line.waiting -= 1
      line.running += 1
      void task().then(() => {
        line.running -= 1
        if (tasks.length > 0) line.turns.push(chat)
        else line.chats.delete(chat)
        this.#advance(instanceId, line, ceiling)
      })
    }
    if (line.running === 0 && line.waiting === 0) this.#lines.delete(instanceId)
  }
}
