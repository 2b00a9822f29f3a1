import { sampleFile } from '@carteiro/simulation/control/samples'
import { chance } from '../outbox/chance.ts'
import type { ProvedChat } from './chats.ts'
import { pick, pickShare, type Shares, shareOf } from './choose.ts'

export type OutboundKind =
  | 'text'
  | 'template'
  | 'image'
  | 'video'
  | 'audio'
  | 'voice'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contact'
  | 'poll'
  | 'reaction'

/** What operators send. */
const KINDS: Shares<OutboundKind> = [
  ['text', 44],
  ['template', 6],
  ['image', 6],
  ['video', 5],
  ['audio', 5],
  ['voice', 5],
  ['document', 5],
  ['sticker', 5],
  ['location', 5],
  ['contact', 5],
  ['poll', 5],
  ['reaction', 4],
]

/** One message that the API is asked to send. */
export interface PlannedOutbound {
  /** Also its idempotency key: nothing else of the run has it. */
  name: string
  kind: OutboundKind
  chat: ProvedChat
  /** Its own members in the body of the request. */
  members: object
  /** Of a reaction: the name of the message, of ours, that is reacted to. */
  target: string | undefined
  emoji: string | undefined
  dueAt: number
}

const EMOJIS = ['👍', '❤️', '🙏', '🎉']

/** What is sent into each chat, in its order. The seed alone decides. */
export function planOutbound(plan: {
  seed: number
  messages: number
  chats: ProvedChat[]
}): PlannedOutbound[][] {
  return plan.chats.map((chat, place) => {
    const each = shareOf(plan.messages, plan.chats.length, place)
    const mine: PlannedOutbound[] = []
    for (let n = 0; n < each; n++) {
      const name = `OUT-${plan.seed}-${place}-${n}`
      const dice = (label: string) => chance(plan.seed, `${name} ${label}`)
      mine.push({ name, chat, ...make(name, dice, mine), dueAt: (n + dice('due')) / each })
    }
    return mine
  })
}

type Made = Pick<PlannedOutbound, 'kind' | 'members' | 'target' | 'emoji'>

function make(name: string, dice: (label: string) => number, mine: PlannedOutbound[]): Made {
  const kind = pickShare(KINDS, dice('kind'))
  if (kind !== 'reaction')
    return { kind, members: membersOf(kind, name), target: undefined, emoji: undefined }
  const reacted = new Set(mine.map(({ target }) => target))
  const target = mine.findLast((message) => message.kind !== 'reaction' && !reacted.has(message.name))
  if (!target) return { kind: 'text', members: { text: name }, target: undefined, emoji: undefined }
  const emoji = pick(EMOJIS, dice('emoji'))
  return { kind, members: { intent: 'reaction', emoji }, target: target.name, emoji }
}

function membersOf(kind: Exclude<OutboundKind, 'reaction'>, name: string): object {
  switch (kind) {
    case 'text':
      return { text: name }
    case 'template':
      return { templateCode: 'welcome_message', payloadJson: { language: 'en', variables: { name } } }
    case 'image':
    case 'video':
    case 'document':
      return { intent: kind, caption: name, ...fileOf(kind) }
    case 'sticker':
      return { intent: kind, ...fileOf(kind) }
    case 'audio':
      return { intent: 'audio', ...fileOf('audio') }
    case 'voice':
      return { intent: 'audio', ptt: true, ...fileOf('voice') }
    case 'location':
      return { latitude: -23.5614, longitude: -46.6559, name }
    case 'contact':
      return { fullName: name, phones: ['+551133330000'] }
    case 'poll':
      return { question: name, options: ['In the morning', 'In the afternoon'] }
    default:
      return kind satisfies never
  }
}

function fileOf(kind: Parameters<typeof sampleFile>[0]): object {
  const { bytes, mimetype, name } = sampleFile(kind)
  return { media: { base64: Buffer.from(bytes).toString('base64') }, mimeType: mimetype, fileName: name }
}
