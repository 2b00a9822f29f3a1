import { createSigner } from './sign.ts'

/** What opens the media host for uploads: an account asks for it over its connection, and it ends by itself. */
export interface MediaTokens {
  issue(account: string): string
  /** @returns the account it was issued to; `undefined` when it was not issued here, has ended or was revoked */
  check(token: string): string | undefined
  /** Every token issued so far opens nothing any more. */
  revoke(): void
}

export interface MediaTokenOptions {
  ttlSeconds: number
  /** Epoch milliseconds. */
  now: () => number
}

export function createMediaTokens({ ttlSeconds, now }: MediaTokenOptions): MediaTokens {
  let signer = createSigner()
  return {
    issue(account) {
      const claim = `${account}.${now() + ttlSeconds * 1000}`
      return `${claim}.${signer.sign(claim)}`
    },
    check(token) {
      const [account, until, signature, more] = token.split('.')
      if (account === undefined || until === undefined || signature === undefined || more !== undefined)
        return
      const isGood = signer.isSigned(`${account}.${until}`, signature) && Number(until) > now()
      return isGood ? account : undefined
    },
    revoke() {
      signer = createSigner()
    },
  }
}
