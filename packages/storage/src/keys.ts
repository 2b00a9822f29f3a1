/** The bytes of one message's media. */
export const storageKeyOf = ({ tenantId, messageId }: { tenantId: string; messageId: string }): string =>
  `${tenantId}/messages/${messageId}`

/** The bytes of a file that was brought ahead; the messages that it is sent with have no others. */
export const uploadKeyOf = ({ tenantId, uploadId }: { tenantId: string; uploadId: string }): string =>
  `${tenantId}/uploads/${uploadId}`

/**
 * Whose, what kind, which one. There are always three segments, so that no key lies below another one, which a disk
 * could not hold; lower case, so that none is another one's on a disk that does not tell cases apart.
 */
const KEY = /^[a-z0-9][a-z0-9._-]{0,99}(\/[a-z0-9][a-z0-9._-]{0,99}){2}$/

/** @throws TypeError when it is no key: keys are made by us, so a wrong one is a mistake in the program */
export function assertKey(key: string): void {
  if (!KEY.test(key) || key.includes('..')) {
    throw new TypeError(`not a storage key: ${JSON.stringify(key.slice(0, 100))}`)
  }
}
