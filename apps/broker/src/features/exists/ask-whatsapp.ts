import { parseJid } from '@carteiro/contracts/jid'
import { type BinaryNode, USyncQuery, USyncUser, type WASocket } from '@whiskeysockets/baileys'
import { z } from 'zod'

/** What WhatsApp says of one phone number. */
export interface Answer {
  isOnWhatsApp: boolean
  /** As WhatsApp addresses it: not every country's numbers are written there as they are dialled. */
  jid: string | null
  lid: string | null
}

type Socket = Pick<WASocket, 'executeUSyncQuery' | 'signalRepository'>

const Row = z.object({
  id: z.string(),
  contact: z.object({ isOnWhatsApp: z.boolean(), asked: z.string() }),
  lid: z.string().optional().catch(undefined),
})

/** Baileys' own tells no more than yes or no, and not of which number. */
const contact: USyncQuery['protocols'][number] = {
  name: 'contact',
  getQueryElement: () => ({ tag: 'contact', attrs: {} }),
  getUserElement: ({ phone }) => ({
    tag: 'contact',
    attrs: {},
    ...(phone === undefined ? {} : { content: phone }),
  }),
  parser: (node) => ({ isOnWhatsApp: node.attrs.type === 'in', asked: textOf(node).replace(/\D/g, '') }),
}

/**
 * Asks WhatsApp about phone numbers, in one query, and lets Baileys learn their LIDs.
 *
 * @param digits with country codes
 * @returns what it said, by the number that was asked for; a number of which it says nothing is missing
 * @throws what Baileys throws for a query that is refused or not answered
 */
export async function askWhatsApp(socket: Socket, digits: string[]): Promise<Map<string, Answer>> {
  const query = new USyncQuery().withLIDProtocol()
  query.protocols.unshift(contact)
  for (const number of digits) query.withUser(new USyncUser().withPhone(`+${number}`))
  const result = await socket.executeUSyncQuery(query)
  const answers = new Map<string, Answer>()
  for (const row of result?.list ?? []) {
    const { data } = Row.safeParse(row)
    const asked = data && askedNumber(data, digits)
    if (!data || asked === undefined) continue
    const { isOnWhatsApp } = data.contact
    answers.set(asked, { isOnWhatsApp, jid: isOnWhatsApp ? data.id : null, lid: data.lid ?? null })
  }
  await learnLids(socket, answers)
  return answers
}

function askedNumber({ id, contact: { asked } }: z.infer<typeof Row>, digits: string[]): string | undefined {
  if (digits.includes(asked)) return asked
  if (digits.length === 1) return digits[0]
  const jid = parseJid(id)
  return jid?.kind === 'phone' ? jid.digits : undefined
}

function textOf({ content }: BinaryNode): string {
  if (typeof content === 'string') return content
  return content instanceof Uint8Array ? Buffer.from(content).toString() : ''
}

async function learnLids({ signalRepository }: Socket, answers: Map<string, Answer>): Promise<void> {
  const pairs = [...answers.values()].flatMap(({ jid, lid }) => (jid && lid ? [{ pn: jid, lid }] : []))
  if (pairs.length > 0) await signalRepository.lidMapping.storeLIDPNMappings(pairs)
}
