const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Whether a URL leads to this machine: the only place for a server without TLS, or one that plays another.
 *
 * @param protocols as `URL` spells them, `http:`
 */
export function isLoopbackUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocols.includes(protocol) && LOOPBACK.has(hostname)
}
