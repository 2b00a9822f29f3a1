import type pg from 'pg'
import type { ApiClient } from '../../stack/api-client.ts'
import { readClient } from './clients.ts'
import type { LinkedAccount } from './link-accounts.ts'
import { readLinkRequests } from './read-database.ts'

/** What became of the sessions. Each list is empty when all is well. */
export interface SessionFaults {
  /** Linked more than once, or asked to be. */
  linkedAgain: string[]
  notConnected: string[]
  /** Stanzas that the client has not confirmed. */
  unconfirmed: string[]
}

/** @param since the end of the linking */
export async function judgeSessions(
  { simulator, database, accounts }: { simulator: ApiClient; database: pg.Client; accounts: LinkedAccount[] },
  since: Date,
): Promise<SessionFaults> {
  const faults: SessionFaults = { linkedAgain: [], notConnected: [], unconfirmed: [] }
  for (const account of accounts) {
    const { links, connected, waiting } = await readClient(simulator, account)
    if (links !== 1) faults.linkedAgain.push(`${account.instanceId} was linked ${links} times`)
    if (!connected) faults.notConnected.push(account.instanceId)
    if (waiting > 0) faults.unconfirmed.push(`${account.instanceId}: ${waiting} stanzas`)
  }
  const asked = await readLinkRequests(database, since)
  faults.linkedAgain.push(...asked.map(({ instanceId, told }) => `${instanceId} told ${told}`))
  return faults
}
