import { z } from 'zod'

/** What a device's node means to this simulator. Phones are digits. */
export type WireEvent =
  /** A message stanza arrived, for the first time or again, readable or not. */
  | { kind: 'stanza'; phone: string; id: string }
  /** The message was decrypted and taken; `text` is null when it is no text. No node of its own. */
  | { kind: 'accepted'; phone: string; id: string; text: string | null }
  /** The device has these messages of customers. */
  | { kind: 'taken'; ids: string[] }
  /** The device is ready for what waits for it. */
  | { kind: 'active' }
  /** Any other node. */
  | { kind: 'other' }

const OTHER: WireEvent = { kind: 'other' }

const Node = z.object({
  tag: z.string(),
  attrs: z.object({
    id: z.string().optional(),
    to: z.string().optional(),
    class: z.string().optional(),
    xmlns: z.string().optional(),
  }),
  content: z.unknown().optional(),
})
type Node = z.infer<typeof Node>

const RecordedNode = z.object({ accepted: z.literal(true).optional(), body: Node })

const AcceptedText = z.object({
  accepted: z.literal(true),
  body: z.object({
    key: z.object({ id: z.string(), remoteJid: z.string() }),
    message: z.object({ conversation: z.string() }),
  }),
})

/** Reads what crabline records: every node as it comes, and once more, marked accepted, a message it took. */
export function readWireEvent(event: unknown): WireEvent {
  const node = RecordedNode.safeParse(event)
  if (node.success) return readNode(node.data.body, node.data.accepted === true)
  const text = AcceptedText.safeParse(event)
  if (!text.success) return OTHER
  const { key, message } = text.data.body
  const phone = phoneOf(key.remoteJid)
  return phone ? { kind: 'accepted', phone, id: key.id, text: message.conversation } : OTHER
}

function readNode({ tag, attrs, content }: Node, accepted: boolean): WireEvent {
  const { id } = attrs
  if (id === undefined) return OTHER
  if (tag === 'iq') return isActivation(attrs.xmlns, content) ? { kind: 'active' } : OTHER
  if (tag === 'receipt') return { kind: 'taken', ids: [id, ...listedIds(content)] }
  if (tag === 'ack' && attrs.class === 'message') return { kind: 'taken', ids: [id] }
  if (tag !== 'message') return OTHER
  const phone = phoneOf(attrs.to ?? '')
  if (!phone) return OTHER
  return accepted ? { kind: 'accepted', phone, id, text: null } : { kind: 'stanza', phone, id }
}

function isActivation(xmlns: string | undefined, content: unknown): boolean {
  return xmlns === 'passive' && nodes(content)[0]?.tag === 'active'
}

/** A receipt for several messages names the first in `id` and the others in a list. */
function listedIds(content: unknown): string[] {
  return nodes(content)
    .filter((child) => child.tag === 'list')
    .flatMap((list) => nodes(list.content))
    .flatMap((item) => item.attrs.id ?? [])
}

function nodes(content: unknown): Node[] {
  const read = z.array(Node).safeParse(content)
  return read.success ? read.data : []
}

/** A LID has the same digits as the phone it stands for: that is how crabline makes them up. */
function phoneOf(jid: string): string | undefined {
  return /^(\d{7,15})(?:_\d+)?(?::\d+)?@(?:s\.whatsapp\.net|c\.us|lid)$/.exec(jid)?.[1]
}
