import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildString,
  jidDecode,
  S_WHATSAPP_NET,
} from '@whiskeysockets/baileys'

const TAG = 'link_code_companion_reg'

/** What a companion asks for: to be linked by a code that it shows and that the person types. */
export interface CompanionHello {
  stage: 'companion_hello'
  /** Whose phone shall link it, digits. */
  phone: string
  /** The companion's ephemeral key, sealed by the code: 80 bytes. */
  wrappedEphemeral: Uint8Array
  /** The companion's static Noise key, public. */
  noiseKey: Uint8Array
  /** What the phone shows of it, such as `Chrome (Mac OS)`. */
  display: string
}

/** How a companion finishes a linking by code. */
export interface CompanionFinish {
  stage: 'companion_finish'
  /** As the server gave it with the phone's hello. */
  ref: string
  wrappedBundle: Uint8Array
  /** The companion's Signal identity, public. */
  companionKey: Uint8Array
}

/**
 * Reads an iq of the linking by code.
 *
 * @throws Error naming the member that is missing or wrong
 */
export function readLinkCode(iq: BinaryNode): CompanionHello | CompanionFinish {
  const node = getBinaryNodeChild(iq, TAG)
  if (!node) throw new Error(`The stanza has no ${TAG}.`)
  if (node.attrs.stage === 'companion_hello') return readHello(node)
  if (node.attrs.stage === 'companion_finish') return readFinish(node)
  throw new Error(`The stage ${node.attrs.stage} is unknown.`)
}

function readHello(node: BinaryNode): CompanionHello {
  const phone = jidDecode(node.attrs.jid)?.user
  if (!phone || !/^\d{8,15}$/.test(phone)) throw new Error('The jid names no phone.')
  return {
    stage: 'companion_hello',
    phone,
    wrappedEphemeral: bytes(node, 'link_code_pairing_wrapped_companion_ephemeral_pub', 80),
    noiseKey: bytes(node, 'companion_server_auth_key_pub', 32),
    display: getBinaryNodeChildString(node, 'companion_platform_display')?.slice(0, 100) ?? '',
  }
}

function readFinish(node: BinaryNode): CompanionFinish {
  const ref = getBinaryNodeChildString(node, 'link_code_pairing_ref')
  if (!ref) throw new Error('The stanza has no link_code_pairing_ref.')
  return {
    stage: 'companion_finish',
    ref,
    wrappedBundle: bytes(node, 'link_code_pairing_wrapped_key_bundle', 32 + 12 + 96 + 16),
    companionKey: bytes(node, 'companion_identity_public', 32),
  }
}

function bytes(node: BinaryNode, tag: string, length: number): Uint8Array {
  const found = getBinaryNodeChildBuffer(node, tag)
  if (found?.length !== length) throw new Error(`${tag} must have ${length} bytes.`)
  return Uint8Array.from(found)
}

/** Takes a companion's hello. */
export function linkCodeTaken(id: string, ref: string): BinaryNode {
  return {
    tag: 'iq',
    attrs: { from: S_WHATSAPP_NET, type: 'result', id },
    content: [{ tag: TAG, attrs: {}, content: [child('link_code_pairing_ref', Buffer.from(ref))] }],
  }
}

export interface PrimaryHello {
  id: string
  at: Date
  ref: string
  /** The phone's ephemeral key, sealed by the code: 80 bytes. */
  wrappedEphemeral: Uint8Array
  /** The phone's Signal identity, public. */
  identityKey: Uint8Array
}

/** Tells the companion that the person typed a code. */
export function primaryHello({ id, at, ref, wrappedEphemeral, identityKey }: PrimaryHello): BinaryNode {
  const t = String(Math.floor(at.getTime() / 1000))
  return {
    tag: 'notification',
    attrs: { from: S_WHATSAPP_NET, type: TAG, id, t },
    content: [
      {
        tag: TAG,
        attrs: { stage: 'primary_hello' },
        content: [
          child('link_code_pairing_wrapped_primary_ephemeral_pub', wrappedEphemeral),
          child('primary_identity_pub', identityKey),
          child('link_code_pairing_ref', Buffer.from(ref)),
        ],
      },
    ],
  }
}

const child = (tag: string, content: Uint8Array): BinaryNode => ({ tag, attrs: {}, content })
