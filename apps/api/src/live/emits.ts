import type { EventEmitter } from 'node:events'

/**
 * Waits until one of these events is emitted.
 *
 * @returns `false` when none was in time
 */
export function emits(emitter: EventEmitter, events: string[], withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isInTime: boolean) => () => {
      clearTimeout(timer)
      for (const event of events) emitter.off(event, onEvent)
      resolve(isInTime)
    }
    const onEvent = end(true)
    const timer = setTimeout(end(false), withinMs)
    for (const event of events) emitter.on(event, onEvent)
  })
}
