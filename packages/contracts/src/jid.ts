/**
 * WhatsApp addresses. A user is `digits@s.whatsapp.net` by phone or `digits@lid` by LID (an opaque number that is
 * never a phone), with an optional agent (`_1`) and device (`:12`); a group is `id@g.us`.
 */
export type Jid =
  | { kind: 'phone'; digits: string }
  | { kind: 'lid'; lid: string }
  | { kind: 'group'; id: string }

const USER = /^(\d{1,20})(?:_\d+)?(?::\d+)?@(s\.whatsapp\.net|c\.us|lid|hosted|hosted\.lid)$/
const GROUP = /^[\d-]{1,40}@g\.us$/
const PHONE_DIGITS = /^\d{8,15}$/

/** Reads a jid; `undefined` for broadcast, newsletter, status and whatever else is no one to talk with. */
export function parseJid(text: string): Jid | undefined {
  if (GROUP.test(text)) return { kind: 'group', id: text }
  const [, digits, server] = USER.exec(text) ?? []
  if (digits === undefined || server === undefined) return undefined
  if (server.endsWith('lid')) return { kind: 'lid', lid: `${digits}@lid` }
  return PHONE_DIGITS.test(digits) ? { kind: 'phone', digits } : undefined
}

/** The address as Baileys sends to it. */
export function formatJid(jid: Jid): string {
  switch (jid.kind) {
    case 'phone':
      return `${jid.digits}@s.whatsapp.net`
    case 'lid':
      return jid.lid
    case 'group':
      return jid.id
    default:
      return jid satisfies never
  }
}

/**
 * Reads a recipient as people write it: E.164, digits with punctuation, a user jid, a LID or a group jid.
 *
 * @returns `undefined` when it names nobody
 */
export function parseRecipient(text: string): Jid | undefined {
  const trimmed = text.trim()
  if (trimmed.includes('@')) return parseJid(trimmed)
  if (!/^\+?[\d\s().-]+$/.test(trimmed)) return undefined
  const digits = trimmed.replace(/\D/g, '')
  return PHONE_DIGITS.test(digits) ? { kind: 'phone', digits } : undefined
}
