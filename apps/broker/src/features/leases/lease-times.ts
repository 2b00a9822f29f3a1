/** How long things last, in milliseconds. */
export interface LeaseTimes {
  ttl: number
  /** A holder that could not renew closes its sockets this long before its lease ends. */
  margin: number
  renewEvery: number
  /** After a renewal that failed. */
  retryEvery: number
  /** Between two instances that are handed to another broker. */
  handOverEvery: number
}

export const LEASE_TIMES: LeaseTimes = {
  ttl: 15_000,
  margin: 3_000,
  renewEvery: 5_000,
  retryEvery: 1_000,
  handOverEvery: 500,
}
