import {
  type BinaryNode,
  getAllBinaryNodeChildren,
  getBinaryNodeChildren,
  isLidUser,
  jidDecode,
  jidEncode,
  jidNormalizedUser,
} from '@whiskeysockets/baileys'
import type { KeyBundle, Person, PhonePort } from './phone.ts'
import type { PhoneMedia } from './phone-media.ts'

/** A device of a person, to the network: it takes stanzas and gives key bundles. */
export interface NetworkDevice {
  bundle(): KeyBundle
  receive(node: BinaryNode): Promise<void>
}

/** What the network does with one stanza for one device. */
export type Fate = 'deliver' | 'twice' | 'hold'

/** Just enough of WhatsApp's server to let devices talk: it routes, names senders, and acknowledges. */
export interface TestNetwork {
  person(phone: string): Person
  port(person: Person, device?: number): PhonePort
  connect(person: Person, device: number, taker: NetworkDevice): void
  /** Makes a group, or gives it other members. */
  group(jid: string, members: Person[]): void
  /** Every stanza that went to a device, in order. */
  readonly delivered: { to: string; node: BinaryNode }[]
  /** Decides what becomes of each stanza. */
  decide(fate: (to: string, node: BinaryNode) => Fate): void
  /** Lets go what is held. */
  release(): void
  /** Waits until no stanza is under way any more. */
  settled(): Promise<void>
}

export function createTestNetwork(media?: PhoneMedia): TestNetwork {
  const devices = new Map<string, Map<number, NetworkDevice>>()
  const groups = new Map<string, Person[]>()
  const delivered: TestNetwork['delivered'] = []
  const underway: { to: string; taker: NetworkDevice; node: BinaryNode }[] = []
  const held: typeof underway = []
  let working: Promise<void> | undefined
  let fateOf: (to: string, node: BinaryNode) => Fate = () => 'deliver'

  const person = (phone: string): Person => ({ phone, lid: `9${phone}` })
  function personOf(jid: string): Person | undefined {
    const user = jidDecode(jid)?.user
    if (!user) return undefined
    return person(isLidUser(jid) ? user.slice(1) : user)
  }
  const named = ({ phone, lid }: Person, device: number, byLid: boolean) =>
    jidEncode(byLid ? lid : phone, byLid ? 'lid' : 's.whatsapp.net', device)
  const takerOf = (jid: string) => devices.get(personOf(jid)?.phone ?? '')?.get(jidDecode(jid)?.device ?? 0)

  function put(to: string, node: BinaryNode): void {
    const taker = takerOf(to)
    if (!taker) return
    const fate = fateOf(to, node)
    const times = fate === 'twice' ? 2 : 1
    const line = fate === 'hold' ? held : underway
    for (let time = 0; time < times; time += 1) line.push({ to, taker, node })
    working ??= work()
  }

  async function work(): Promise<void> {
    await Promise.resolve()
    for (let next = underway.shift(); next; next = underway.shift()) {
      delivered.push({ to: next.to, node: next.node })
      await next.taker.receive(next.node)
    }
    working = undefined
  }

  function membersOf(jid: string): Person[] {
    return groups.get(jid) ?? []
  }

  function devicesOf(user: string): string[] {
    const found = personOf(user)
    const numbers = found ? [...(devices.get(found.phone)?.keys() ?? [])] : []
    return found ? numbers.map((device) => named(found, device, isLidUser(user) === true)) : []
  }

  /** As it reaches one device: from whom, and how else that one is named. */
  function senderAttrs(from: Person, device: number, chat: string, byLid: boolean): Record<string, string> {
    const alternative = named(from, 0, !byLid)
    const author = named(from, device, byLid)
    if (groups.has(chat)) {
      const mode = byLid ? 'lid' : 'pn'
      return {
        from: chat,
        participant: author,
        addressing_mode: mode,
        [byLid ? 'participant_pn' : 'participant_lid']: alternative,
      }
    }
    return { from: author, [byLid ? 'sender_pn' : 'sender_lid']: alternative }
  }

  function routeMessage(from: Person, device: number, { tag, attrs, content }: BinaryNode): void {
    const { to = '', id = '', phash: _, addressing_mode: mode, ...rest } = attrs
    const byLid = groups.has(to) ? mode === 'lid' : isLidUser(to) === true
    put(named(from, device, false), { tag: 'ack', attrs: { class: 'message', id, from: to } })
    const parts = getAllBinaryNodeChildren({ tag, attrs, content: content ?? [] })
    const shared = parts.filter((part) => part.tag === 'enc')
    const own = parts.find((part) => part.tag === 'participants')
    const sealed = new Map(
      getBinaryNodeChildren(own, 'to').map((node) => [node.attrs.jid ?? '', getAllBinaryNodeChildren(node)]),
    )
    const everybody = groups.has(to)
      ? attrs.participant
        ? [attrs.participant]
        : membersOf(to).flatMap((member) => devicesOf(named(member, 0, byLid)))
      : sealed.size > 0
        ? [...sealed.keys()]
        : [to]
    for (const target of everybody) {
      if (personOf(target)?.phone === from.phone && (jidDecode(target)?.device ?? 0) === device) continue
      const isCopy = !groups.has(to) && personOf(target)?.phone === from.phone && attrs.category !== 'peer'
      put(target, {
        tag: 'message',
        attrs: {
          ...rest,
          id,
          t: attrs.t ?? '1700000000',
          ...senderAttrs(from, device, to, byLid),
          ...(isCopy && { recipient: attrs.recipient ?? to }),
        },
        content: [...(sealed.get(target) ?? []), ...shared],
      })
    }
  }

  function routeReceipt(from: Person, device: number, node: BinaryNode): void {
    const { to = '', participant, ...rest } = node.attrs
    const target = groups.has(to) ? participant : to
    if (!target) return
    const byLid = isLidUser(target) === true
    const author = named(from, device, byLid)
    const attrs = groups.has(to) ? { from: to, participant: author } : { from: author }
    const toDevice = (jidDecode(target)?.device ?? 0) > 0 || rest.type === 'retry'
    const takers = toDevice ? [target] : devicesOf(jidNormalizedUser(target))
    for (const taker of takers)
      put(taker, { ...node, attrs: { ...rest, ...attrs, t: rest.t ?? '1700000001' } })
  }

  return {
    person,
    port: (from, device = 0) => ({
      send(node) {
        if (node.tag === 'message') routeMessage(from, device, node)
        if (node.tag === 'receipt') routeReceipt(from, device, node)
        if (node.tag === 'chatstate') {
          const { to = '' } = node.attrs
          put(to, { ...node, attrs: { from: named(from, device, isLidUser(to) === true) } })
        }
      },
      personOf,
      devicesOf: async (users) => users.flatMap(devicesOf),
      async bundleOf(jid) {
        const taker = takerOf(jid)
        if (!taker) throw new Error(`${jid} is no device`)
        return taker.bundle()
      },
      membersOf: async (jid) => membersOf(jid).map(({ lid }) => `${lid}@lid`),
      ...(media && { media }),
    }),
    connect({ phone }, device, taker) {
      const known = devices.get(phone) ?? new Map<number, NetworkDevice>()
      devices.set(phone, known.set(device, taker))
    },
    group: (jid, members) => void groups.set(jid, members),
    delivered,
    decide(fate) {
      fateOf = fate
    },
    release() {
      underway.push(...held.splice(0))
      working ??= work()
    },
    async settled() {
      while (working) await working
    },
  }
}
