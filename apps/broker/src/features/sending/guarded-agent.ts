import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { isPublicAddress } from './public-address.ts'

/** An address that we do not go to: the text may be told to the caller. */
export class RefusedAddress extends Error {}

const CONNECT_TIMEOUT_MS = 5_000

/**
 * Whether a URL's host may be asked at all: one that is configured, or a name, or a public address. What a name leads
 * to is judged when it is looked up.
 *
 * @param allowedHosts `host` or `host:port`, which pass whatever they lead to
 */
export function isAskable(url: URL, allowedHosts: readonly string[]): boolean {
  if (isAllowed(url.hostname, url.host, allowedHosts)) return true
  const address = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(address) === 0 || isPublicAddress(address)
}

const isAllowed = (hostname: string, host: string, allowedHosts: readonly string[]) =>
  allowedHosts.includes(hostname) || allowedHosts.includes(host)

/**
 * Connections that go to public addresses only. The address that is judged is the one that is connected to, so a name
 * that changes its mind between two lookups gains nothing.
 *
 * @param openTo hosts whose addresses are not judged
 */
export function createGuardedAgent(openTo: readonly string[]): Agent {
  return new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS, lookup: guardedLookup(openTo) },
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  })
}

const guardedLookup =
  (openTo: readonly string[]): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const usable = openTo.includes(hostname) ? addresses : publicOnes(addresses)
      const [first] = usable
      if (!first) return callback(new RefusedAddress(`${hostname} is no public address`), '', 0)
      if (options.all) callback(null, usable)
      else callback(null, first.address, first.family)
    })
  }

/** A name that has any private address is refused whole: a mixture is an attempt. */
const publicOnes = (addresses: LookupAddress[]): LookupAddress[] =>
  addresses.every(({ address }) => isPublicAddress(address)) ? addresses : []
