import { chance } from '../outbox/chance.ts'
import type { ProvedChat } from './chats.ts'
import { pick, pickShare, type Shares, shareOf } from './choose.ts'

type Written =
  | 'text'
  | 'quote'
  | 'image'
  | 'video'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contact'
  | 'poll'
type Act = 'edit' | 'revoke' | 'reaction' | 'vote'
export type InboundKind = Written | Act

/** What customers do. */
const KINDS: Shares<InboundKind> = [
  ['text', 33],
  ['quote', 7],
  ['image', 5],
  ['video', 4],
  ['audio', 4],
  ['voice', 4],
  ['document', 4],
  ['sticker', 4],
  ['location', 4],
  ['contact', 4],
  ['poll', 5],
  ['edit', 6],
  ['revoke', 5],
  ['reaction', 7],
  ['vote', 4],
]

/** One stanza of a customer's phone. */
export interface PlannedInbound {
  id: string
  kind: InboundKind
  chat: ProvedChat
  /** The customer's phone. */
  author: string
  /** What the simulator is asked to write. */
  body: object
  /** When it is written, as a share of the strikes that were made. */
  dueAt: number
}

/** What the database must hold of a message in the end. */
export interface ExpectedMessage {
  id: string
  kind: Written
  chat: ProvedChat
  author: string
  /** Null where the kind has none. */
  text: string | null
  quotedId: string | undefined
  edits: number
  revoked: boolean
  reaction: string | undefined
  vote: string | undefined
}

export interface InboundPlan {
  /** For each chat what is written in it, in order. */
  written: PlannedInbound[][]
  expected: ExpectedMessage[]
}

const OPTIONS = ['In the morning', 'In the afternoon', 'Never']
const EMOJIS = ['👍', '❤️', '🙏', '🎉']

/** What customers write in each chat. The seed alone decides. */
export function planInbound(plan: { seed: number; messages: number; chats: ProvedChat[] }): InboundPlan {
  const expected: ExpectedMessage[] = []
  const written = plan.chats.map((chat, place) => {
    const each = shareOf(plan.messages, plan.chats.length, place)
    const mine: ExpectedMessage[] = []
    const planned = Array.from({ length: each }, (_, n) => {
      const id = `IN-${plan.seed}-${place}-${n}`
      const dice = (label: string) => chance(plan.seed, `${id} ${label}`)
      const author = pick(chat.people, dice('author'))
      const made = make({ id, chat, author, dice }, mine)
      return { id, chat, author, ...made, dueAt: (n + dice('due')) / each }
    })
    expected.push(...mine)
    return planned
  })
  return { written, expected }
}

interface Making {
  id: string
  chat: ProvedChat
  author: string
  dice: (label: string) => number
}

function make(making: Making, mine: ExpectedMessage[]): Pick<PlannedInbound, 'kind' | 'body'> {
  const kind = pickShare(KINDS, making.dice('kind'))
  if (isAct(kind)) {
    const target = mine.findLast((message) => message.author === making.author && mayBe(kind, message))
    if (target) return { kind, body: act(making, kind, target) }
  }
  const quoted = kind === 'quote' ? mine.findLast(({ revoked }) => !revoked) : undefined
  const written = isAct(kind) || (kind === 'quote' && !quoted) ? 'text' : kind
  const message: ExpectedMessage = {
    ...{ id: making.id, kind: written, chat: making.chat, author: making.author },
    ...{ text: textOf(written, making.id), quotedId: quoted?.id, edits: 0, revoked: false },
    ...{ reaction: undefined, vote: undefined },
  }
  mine.push(message)
  return { kind: written, body: bodyOf(written, message) }
}

const isAct = (kind: InboundKind): kind is Act =>
  kind === 'edit' || kind === 'revoke' || kind === 'reaction' || kind === 'vote'

/** What is done to a message last stays: so each is reacted to and voted in once, and nothing is done after a revoke. */
function mayBe(act: Act, { kind, revoked, edits, reaction, vote }: ExpectedMessage): boolean {
  if (revoked) return false
  switch (act) {
    case 'edit':
      return kind === 'text' && edits === 0
    case 'revoke':
      return kind !== 'poll' && reaction === undefined
    case 'reaction':
      return reaction === undefined
    case 'vote':
      return kind === 'poll' && vote === undefined
    default:
      return act satisfies never
  }
}

function act({ id, author, dice }: Making, kind: Act, target: ExpectedMessage): object {
  const message = { id: target.id, from: author }
  switch (kind) {
    case 'edit':
      target.edits += 1
      target.text = `${target.text}, mended by ${id}`
      return { type: 'edit', message, text: target.text }
    case 'revoke':
      target.revoked = true
      return { type: 'revoke', message }
    case 'reaction':
      target.reaction = pick(EMOJIS, dice('emoji'))
      return { type: 'reaction', message, emoji: target.reaction }
    case 'vote':
      target.vote = pick(OPTIONS, dice('vote'))
      return { type: 'vote', poll: message, options: [target.vote] }
    default:
      return kind satisfies never
  }
}

function textOf(kind: Written, id: string): string | null {
  return ['audio', 'voice', 'sticker'].includes(kind) ? null : id
}

function bodyOf(kind: Written, { text, quotedId }: ExpectedMessage): object {
  switch (kind) {
    case 'text':
      return { text }
    case 'quote':
      return { text, quoted: { id: quotedId } }
    case 'image':
    case 'video':
    case 'document':
      return { type: kind, caption: text }
    case 'audio':
    case 'voice':
    case 'sticker':
      return { type: kind }
    case 'location':
      return { type: kind, latitude: -23.5614, longitude: -46.6559, name: text }
    case 'contact':
      return { type: kind, name: text, phones: ['5511933330000'] }
    case 'poll':
      return { type: kind, question: text, options: OPTIONS }
    default:
      return kind satisfies never
  }
}
