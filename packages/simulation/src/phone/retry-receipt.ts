import {
  type BinaryNode,
  encodeBigEndian,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildUInt,
  KEY_BUNDLE_TYPE,
} from '@whiskeysockets/baileys'
import type { KeyBundle } from './phone.ts'

/**
 * Asks the author's device for a message that could not be opened.
 *
 * @param count the first, second, ... time; @param keys for a session that starts anew, left out the first time
 */
export function retryReceiptOf(
  { attrs }: BinaryNode,
  count: number,
  registrationId: number,
  keys?: KeyBundle,
): BinaryNode {
  const { id = '', from = '', participant, recipient, t } = attrs
  return {
    tag: 'receipt',
    attrs: {
      id,
      to: from,
      type: 'retry',
      ...(participant && { participant }),
      ...(recipient && { recipient }),
    },
    content: [
      { tag: 'retry', attrs: { count: String(count), id, v: '1', ...(t && { t }) } },
      { tag: 'registration', attrs: {}, content: encodeBigEndian(registrationId) },
      ...(keys ? [keysOf(keys)] : []),
    ],
  }
}

function keysOf({ identityKey, signedPreKey, preKey }: KeyBundle): BinaryNode {
  return {
    tag: 'keys',
    attrs: {},
    content: [
      { tag: 'type', attrs: {}, content: KEY_BUNDLE_TYPE },
      { tag: 'identity', attrs: {}, content: identityKey },
      ...(preKey ? [keyNode('key', preKey)] : []),
      keyNode('skey', signedPreKey),
    ],
  }
}

function keyNode(
  tag: string,
  { keyId, publicKey, signature }: { keyId: number; publicKey: Uint8Array; signature?: Uint8Array },
): BinaryNode {
  return {
    tag,
    attrs: {},
    content: [
      { tag: 'id', attrs: {}, content: encodeBigEndian(keyId, 3) },
      { tag: 'value', attrs: {}, content: publicKey },
      ...(signature ? [{ tag: 'signature', attrs: {}, content: signature }] : []),
    ],
  }
}

/** @returns the keys that came with a retry receipt; undefined when it brings none, or broken ones */
export function readRetryKeys(receipt: BinaryNode): KeyBundle | undefined {
  const keys = getBinaryNodeChild(receipt, 'keys')
  const registrationId = getBinaryNodeChildUInt(receipt, 'registration', 4)
  const identityKey = getBinaryNodeChildBuffer(keys, 'identity')
  const signedPreKey = readKey(getBinaryNodeChild(keys, 'skey'))
  const signature = getBinaryNodeChildBuffer(getBinaryNodeChild(keys, 'skey'), 'signature')
  if (registrationId === undefined || identityKey?.length !== 32 || !signedPreKey || !signature)
    return undefined
  const preKey = readKey(getBinaryNodeChild(keys, 'key'))
  return {
    registrationId,
    identityKey: Buffer.from(identityKey),
    signedPreKey: { ...signedPreKey, signature: Buffer.from(signature) },
    ...(preKey && { preKey }),
  }
}

function readKey(node: BinaryNode | undefined): { keyId: number; publicKey: Uint8Array } | undefined {
  const keyId = node && getBinaryNodeChildUInt(node, 'id', 3)
  const publicKey = getBinaryNodeChildBuffer(node, 'value')
  return keyId === undefined || publicKey?.length !== 32
    ? undefined
    : { keyId, publicKey: Buffer.from(publicKey) }
}

/** Which time this is, as the asking device counts; it is given back to it. */
export function retryCountOf(receipt: BinaryNode): string {
  const count = Number(getBinaryNodeChild(receipt, 'retry')?.attrs.count ?? 1)
  return String(Number.isSafeInteger(count) && count > 0 ? count : 1)
}
