import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AllowedHosts, isAllowedHost, isPublicAddress } from './media-url.ts'

/** Resolves a name to all of its addresses; `dns.lookup`, but for tests. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** A connection that was not made, as it would have left the public internet. */
export class AddressRefused extends Error {
  constructor(hostname: string) {
    super(`${hostname} leads into a network that is not public`)
    this.name = 'AddressRefused'
  }
}

export interface GuardedConnectorOptions {
  allowedHosts: AllowedHosts
  timeoutMs: number
  resolve?: ResolveAll | undefined
}

/**
 * How undici opens connections to strangers' hosts. What a name resolves to is checked in the look-up whose answer
 * the socket uses, so that no second answer (DNS rebinding) can come in between; addresses that are written out are
 * checked before, as they are not looked up.
 */
export function guardedConnector({
  allowedHosts,
  timeoutMs,
  resolve = systemLookup,
}: GuardedConnectorOptions): buildConnector.connector {
  const open = buildConnector({ timeout: timeoutMs, lookup: plainLookup(resolve) })
  const guarded = buildConnector({ timeout: timeoutMs, lookup: publicLookup(resolve) })
  return (options, callback) => {
    const { protocol, hostname, port } = options
    if (isAllowedHost({ protocol, hostname, port }, allowedHosts)) return open(options, callback)
    const host = hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0 && !isPublicAddress(host)) return callback(new AddressRefused(hostname), null)
    guarded(options, callback)
  }
}

/** Only public addresses of a name; none is an error, so that nothing is connected. */
const publicLookup = (resolve: ResolveAll): LookupFunction =>
  lookupWith(resolve, (hostname, addresses) => {
    const open = addresses.filter(({ address }) => isPublicAddress(address))
    return open.length === 0 ? new AddressRefused(hostname) : open
  })

const plainLookup = (resolve: ResolveAll): LookupFunction => lookupWith(resolve, (_hostname, all) => all)

/** Sockets ask for one address, or for all to race them. */
function lookupWith(
  resolve: ResolveAll,
  choose: (hostname: string, addresses: LookupAddress[]) => LookupAddress[] | AddressRefused,
): LookupFunction {
  return (hostname, options, done) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '')
      const chosen = choose(hostname, addresses)
      if (chosen instanceof Error) return done(chosen, '')
      if (options.all) return done(null, chosen)
      const [first] = chosen
      if (first) done(null, first.address, first.family)
      else done(new Error(`${hostname} has no address`), '')
    })
}
