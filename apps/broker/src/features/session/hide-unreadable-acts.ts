import { type BinaryNode, getBinaryNodeChildren, proto, type WASocket } from '@whiskeysockets/baileys'
import type { Upsert } from './open-socket.ts'

/** Acts whose end is not known yet. */
const MAX_UNDER_WAY = 1_000

/**
 * Leaves out the placeholders of reactions, votes, edits and revokes that cannot be opened: WhatsApp marks them as what
 * a client shows nothing for, and when they are opened at the second try they take no message's place.
 *
 * @returns what is left of an upsert
 */
export function hideUnreadableActs(stanzas: Pick<WASocket['ws'], 'on'>): (upsert: Upsert) => Upsert {
  const acts = new Set<string>()
  stanzas.on('CB:message', (stanza: BinaryNode) => {
    if (!stanza.attrs.id || !isAct(stanza)) return
    acts.add(stanza.attrs.id)
    const [oldest] = acts
    if (acts.size > MAX_UNDER_WAY && oldest !== undefined) acts.delete(oldest)
  })
  return ({ messages, ...upsert }) => ({
    ...upsert,
    messages: messages.filter(
      ({ key, messageStubType }) =>
        messageStubType !== proto.WebMessageInfo.StubType.CIPHERTEXT || !acts.has(key.id ?? ''),
    ),
  })
}

const isAct = (stanza: BinaryNode): boolean =>
  stanza.attrs.edit !== undefined ||
  getBinaryNodeChildren(stanza, 'enc').some(({ attrs }) => attrs['decrypt-fail'] === 'hide')
