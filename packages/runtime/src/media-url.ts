import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Hosts that may be reached although they are ours: `host`, or `host:port` for one port of it. */
export type AllowedHosts = ReadonlySet<string>

export const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' }
/** Global unicast; what lies outside is of no public host, whatever an older or newer range may be called. */
const PUBLIC_IPV6 = ipaddr.parseCIDR('2000::/3')

/**
 * Whether an address is of the public internet: not private, loopback, link-local, shared (CGNAT), multicast,
 * reserved or for documentation, nor an IPv6 address that stands for an IPv4 one (mapped, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.parse(address)
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(PUBLIC_IPV6))
}

/** Whether this host and port were allowed by name; an IPv6 address with brackets or without. @param port '' for the protocol's own */
export function isAllowedHost(
  { protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>,
  allowed: AllowedHosts,
): boolean {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname
  return allowed.has(host) || allowed.has(`${host}:${port || DEFAULT_PORTS[protocol]}`)
}

/**
 * Judges a media URL by what is written in it, without the network: for the door, and before every hop of a fetch.
 *
 * @returns why it is refused, for people; `undefined` when it is not. Where a name leads is checked at the connection
 */
export function refuseMediaUrl(text: string, allowed: AllowedHosts): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  if (DEFAULT_PORTS[url.protocol] === undefined) return 'must be http or https'
  if (url.username !== '' || url.password !== '') return 'must hold no user name and no password'
  if (isAllowedHost(url, allowed)) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return isPublicAddress(host) ? undefined : 'leads into a network that is not public'
  return /(^|\.)localhost\.?$/i.test(host) ? 'leads to this machine' : undefined
}
