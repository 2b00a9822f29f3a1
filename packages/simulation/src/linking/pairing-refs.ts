import { randomBytes } from 'node:crypto'
import { Problem } from '@carteiro/contracts/problem'

/** How many refs one connection gets, and how long each may be scanned, one after the other. */
export interface RefLifetimes {
  count: number
  firstMs: number
  nextMs: number
}

/** As WhatsApp's: a code for a minute, then five for 20 s each. */
export const REF_LIFETIMES: RefLifetimes = { count: 6, firstMs: 60_000, nextMs: 20_000 }

/** Which connection waits behind which ref. */
export interface PairingRefs<Owner> {
  /** New refs for this connection, in the order in which they are to be shown; those it had are void. */
  issue(owner: Owner): { refs: string[]; endsAt: number }
  /**
   * The connection behind a ref that a phone scanned.
   *
   * @throws Problem QR_NOT_AVAILABLE when it expired or was never shown
   */
  find(ref: string): Owner
  /** The connection is gone or linked: its refs are worth nothing. */
  forget(owner: Owner): void
}

/** @param now milliseconds since the epoch */
export function createPairingRefs<Owner>(lifetimes: RefLifetimes, now: () => number): PairingRefs<Owner> {
  const shown = new Map<string, { owner: Owner; expiresAt: number }>()
  const refsOf = new Map<Owner, string[]>()

  function forget(owner: Owner): void {
    for (const ref of refsOf.get(owner) ?? []) shown.delete(ref)
    refsOf.delete(owner)
  }

  return {
    issue(owner) {
      forget(owner)
      const refs = Array.from({ length: lifetimes.count }, newRef)
      const expiry = (index: number) => now() + lifetimes.firstMs + index * lifetimes.nextMs
      refs.forEach((ref, index) => {
        shown.set(ref, { owner, expiresAt: expiry(index) })
      })
      refsOf.set(owner, refs)
      return { refs, endsAt: expiry(refs.length - 1) }
    },
    find(ref) {
      const entry = shown.get(ref)
      if (!entry)
        throw new Problem('QR_NOT_AVAILABLE', 'No device waits behind this QR code: read a new one.')
      if (entry.expiresAt > now()) return entry.owner
      throw new Problem(
        'QR_NOT_AVAILABLE',
        'This QR code has expired: read the one that is shown in its place.',
      )
    },
    forget,
  }
}

const newRef = () => `2@${randomBytes(96).toString('base64')}`
