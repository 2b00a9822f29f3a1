import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/**
 * Baileys works on what waited on the server one stanza after the other, and on what comes meanwhile at once: the newer
 * message overtakes, and in a group it is opened before the one that carries its key. So every message takes its turn
 * in that line: Baileys puts there what has this mark while it looks. To call after Baileys has put on its listeners.
 */
export function handleInTurn(stanzas: Pick<WASocket['ws'], 'on' | 'prependListener'>): void {
  let marked: BinaryNode | undefined
  stanzas.prependListener('CB:message', (stanza: BinaryNode) => {
    if (stanza.attrs.offline !== undefined) return
    stanza.attrs.offline = '0'
    marked = stanza
  })
  stanzas.on('CB:message', () => {
    // It came live, and is told of so.
    delete marked?.attrs.offline
    marked = undefined
  })
}
