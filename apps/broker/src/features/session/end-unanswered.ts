import type { EventEmitter } from 'node:events'

/** For a connection to be made, and then for WhatsApp's first word. */
const ANSWER_MS = 20_000

/**
 * Ends a connection that comes to nothing. Baileys would do so by a time that it also gives each frame that it writes:
 * two timers, two errors made and their stacks written out, a tenth of what a send costs. A frame needs none, as a line
 * that takes no frames is found out by its silence (liveness.ts).
 *
 * @returns stops the watch
 */
export function endUnanswered({ ws }: { ws: EventEmitter }, onSilent: () => void): () => void {
  let timer = setTimeout(onSilent, ANSWER_MS)
  const stop = () => clearTimeout(timer)
  ws.once('open', () => {
    stop()
    timer = setTimeout(onSilent, ANSWER_MS)
  })
  ws.once('message', stop)
  return stop
}
