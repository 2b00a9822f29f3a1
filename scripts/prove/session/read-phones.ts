import type { ApiClient } from '../../stack/api-client.ts'
import type { ProvedChat } from './chats.ts'

/** A message of an account, as a customer's phone shows it. */
export interface ShownMessage {
  id: string
  type: string
  text: string | null
  read: boolean
  reactions: { from: string; emoji: string }[]
}

/** By chat, then by the phone of who sees it: what it shows of the account's messages there, in order. */
export type Phones = Map<ProvedChat, Map<string, ShownMessage[]>>

interface Item extends ShownMessage {
  from: string
  chat: string
}

export async function readPhones(simulator: ApiClient, chats: ProvedChat[]): Promise<Phones> {
  const people = [...new Set(chats.flatMap((chat) => chat.people))]
  const items = new Map<string, Item[]>()
  for (const phone of people)
    items.set(phone, (await simulator.get(`/customers/${phone}/messages`)).body.items)
  return new Map(
    chats.map((chat) => {
      const where = (item: Item) => item.chat === (chat.name.includes('@') ? chat.name : chat.account)
      const shownTo = (phone: string) =>
        (items.get(phone) ?? []).filter((item) => item.from === chat.account && where(item))
      return [chat, new Map(chat.people.map((phone) => [phone, shownTo(phone)]))]
    }),
  )
}
