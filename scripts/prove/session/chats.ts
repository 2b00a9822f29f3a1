import type { ApiClient } from '../../stack/api-client.ts'
import { chance } from '../outbox/chance.ts'
import type { LinkedAccount } from './link-accounts.ts'

/** A conversation of an account: with one customer, or in a group. */
export interface ProvedChat {
  instanceId: string
  /** The account's phone, digits. */
  account: string
  /** The customer's phone, or the group's jid. */
  name: string
  /** Phones of the customers who write in it and read it. */
  people: string[]
}

export interface ChatsPlan {
  seed: number
  /** Of each account, beside its group. */
  chats: number
}

const MEMBERS = 3
/** Of the customers: the others leave what they got unread. */
const READERS = 0.6
const READ_WITHIN_MS = 1_500
/** Of the customers: their phones name people by LID. */
const BY_LID = 0.25

/** Lets customers behave as the seed decides, and makes a group of some of them with the account. */
export async function makeChats(
  simulator: ApiClient,
  accounts: LinkedAccount[],
  { seed, chats }: ChatsPlan,
): Promise<ProvedChat[]> {
  const made = await Promise.all(
    accounts.map(async ({ instanceId, phone: account }, index) => {
      const customers = Array.from({ length: Math.max(chats, MEMBERS) }, (_, n) => customerPhone(index, n))
      await Promise.all(customers.map((customer) => behave(simulator, customer, seed)))
      const members = customers.slice(0, MEMBERS)
      const alone = customers
        .slice(0, chats)
        .map((customer) => ({ instanceId, account, name: customer, people: [customer] }))
      return [
        ...alone,
        { instanceId, account, name: await makeGroup(simulator, account, members), people: members },
      ]
    }),
  )
  return made.flat()
}

const customerPhone = (account: number, n: number): string => `5511970${account}${String(n).padStart(5, '0')}`

async function behave(simulator: ApiClient, phone: string, seed: number): Promise<void> {
  const reads = chance(seed, `${phone} reads`) < READERS
  const { status, body } = await simulator.patch(`/customers/${phone}`, {
    readAfterMs: reads ? Math.round(chance(seed, `${phone} read after`) * READ_WITHIN_MS) : null,
    addressing: chance(seed, `${phone} addressing`) < BY_LID ? 'lid' : 'pn',
  })
  if (status !== 200) throw new Error(`${phone} cannot be made: ${JSON.stringify(body)}`)
}

async function makeGroup(simulator: ApiClient, account: string, members: string[]): Promise<string> {
  const [creator, ...others] = members
  const { status, body } = await simulator.post('/groups', {
    subject: `Group of ${account}`,
    creator,
    members: [...others, account],
  })
  if (status !== 201) throw new Error(`no group was made: ${JSON.stringify(body)}`)
  return body.jid
}
