import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { pause } from '@carteiro/runtime/lifecycle'
import type { Dependencies } from '../../dependencies.ts'
import { type FlowDependencies, runTurns } from './run-turns.ts'

export interface FlowConsumer {
  /** There may be a message that waits for an answer. */
  wake(): void
}

const POLL_MS = 1_000
const AFTER_ERROR_MS = 250

/** Takes the turns of conversations: woken when a batch brought some, and by a poll each second for other workers'. */
export function consumeTurns(
  dependencies: FlowDependencies & Pick<Dependencies, 'lifecycle' | 'logger'>,
): FlowConsumer {
  const { lifecycle, logger } = dependencies
  let isWoken = false
  let running: Promise<void> | undefined

  const wake = () => {
    isWoken = true
    running ??= run().finally(() => {
      running = undefined
      if (isWoken && !lifecycle.signal.aborted) wake()
    })
  }

  async function run(): Promise<void> {
    while (isWoken && !lifecycle.signal.aborted) {
      isWoken = false
      try {
        isWoken = (await runTurns(dependencies)) || isWoken
      } catch (error) {
        const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
        logger[level]({ err: error }, 'conversation turns failed, trying again')
        await pause(AFTER_ERROR_MS, lifecycle.signal)
        isWoken = true
      }
    }
  }

  const poll = setInterval(wake, POLL_MS)
  lifecycle.onStop('conversation flow', async () => {
    clearInterval(poll)
    await running
  })
  wake()
  return { wake }
}
