import { type BinaryNode, getBinaryNodeChild } from '@whiskeysockets/baileys'

/** A socket's stanzas, by Baileys' names for them. */
export interface Stanzas {
  on(name: string, listener: (stanza: BinaryNode) => void): unknown
}

/** What WhatsApp said that it kept while we were away, and how much of it came. */
export interface OfflineCount {
  expected: number
  seen: number
}

export interface OfflineWatch {
  /** Nothing is missing that does not come again: the socket is gone. */
  end(): void
}

const MAX_SEEN = 100_000

/**
 * Counts what waited on WhatsApp's server, as each of these stanzas says of itself, against the number that the server
 * announces ahead of them (`offline_preview`) and behind them (`offline`).
 *
 * @param quietMs so long nothing of it comes before what is missing counts as missing
 * @param onGap called once, when something is
 */
export function watchOffline(
  stanzas: Stanzas,
  quietMs: number,
  onGap: (count: OfflineCount) => void,
): OfflineWatch {
  /** Each once, however often it comes. */
  const seen = new Set<string>()
  let expected: number | undefined
  let timer: NodeJS.Timeout | undefined
  let over = false

  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(judge, quietMs).unref()
  }
  const end = () => {
    over = true
    clearTimeout(timer)
    seen.clear()
  }
  function judge(): void {
    if (over || expected === undefined) return
    const count = { expected, seen: seen.size }
    end()
    if (count.seen < count.expected) onGap(count)
  }
  function announced(node: BinaryNode, tag: string): void {
    const count = Number(getBinaryNodeChild(node, tag)?.attrs.count)
    if (over || !Number.isSafeInteger(count)) return
    expected = count
    // The last word, and all of it is here.
    if (tag === 'offline' && seen.size >= count) end()
    else wait()
  }

  stanzas.on('CB:ib,,offline_preview', (node: BinaryNode) => announced(node, 'offline_preview'))
  stanzas.on('CB:ib,,offline', (node: BinaryNode) => announced(node, 'offline'))
  for (const tag of ['message', 'receipt', 'notification', 'call']) {
    stanzas.on(`CB:${tag}`, ({ attrs }: BinaryNode) => {
      if (over || attrs.offline === undefined || seen.size >= MAX_SEEN) return
      seen.add([tag, attrs.id, attrs.from, attrs.participant, attrs.type].join(' '))
      wait()
    })
  }
  return { end }
}
