import { extractUrlFromText, type WAUrlInfo } from '@whiskeysockets/baileys'

/**
 * A card for the first address in a text, named by its host. The page itself is not asked: a text must not make the
 * broker call whatever address stands in it.
 */
export function linkCard(text: string): WAUrlInfo | undefined {
  const matched = extractUrlFromText(text)
  if (matched === undefined || !URL.canParse(matched)) return undefined
  const { href, hostname } = new URL(matched)
  return { 'canonical-url': href, 'matched-text': matched, title: hostname }
}
