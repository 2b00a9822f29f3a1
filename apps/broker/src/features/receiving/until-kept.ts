import { type BinaryNode, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { Journal } from './journal.ts'
import type { SocketEars } from './listen-to-socket.ts'

export interface UntilKeptDependencies {
  journal: Pick<Journal, 'written'>
  ears: Pick<SocketEars, 'inPlace'>
}

/**
 * Resolves when what a stanza told is in the journal. A receipt of a message that is still being opened is told behind
 * that message, and so waits for it.
 *
 * @throws LeaseLostError when it is another broker's to tell
 */
export async function untilKept(
  { journal, ears }: UntilKeptDependencies,
  instanceId: string,
  stanza: BinaryNode,
): Promise<void> {
  const ids = stanza.tag === 'receipt' ? receiptedIds(stanza) : []
  await Promise.all(
    ids.map((id) => new Promise<void>((resolve) => ears.inPlace(instanceId, { id }, () => resolve()))),
  )
  await journal.written(instanceId)
}

/** One receipt may be of several messages. */
function receiptedIds({ attrs, content }: BinaryNode): string[] {
  const [list] = Array.isArray(content) ? content : []
  const others = list ? getBinaryNodeChildren(list, 'item') : []
  return [attrs, ...others.map((item) => item.attrs)].flatMap(({ id }) => id ?? [])
}
