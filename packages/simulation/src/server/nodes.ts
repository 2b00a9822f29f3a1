import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'

export const SERVER_JID = '@s.whatsapp.net'

export const childOf = getBinaryNodeChild
export const childrenOf = getBinaryNodeChildren

/** Every child, whatever its tag. */
export function allChildren(node: BinaryNode | undefined): BinaryNode[] {
  return Array.isArray(node?.content) ? node.content : []
}

/** The bytes of a node; empty when it has children or nothing. */
export function bytesOf(node: BinaryNode | undefined): Uint8Array {
  const content = node?.content
  if (content instanceof Uint8Array) return content
  return typeof content === 'string' ? Buffer.from(content) : new Uint8Array()
}

export function textOf(node: BinaryNode | undefined): string {
  return Buffer.from(bytesOf(node)).toString('utf8')
}

/** A number written in as many bytes as there are, the greatest first. */
export function numberOf(node: BinaryNode | undefined): number {
  return bytesOf(node).reduce((number, byte) => number * 256 + byte, 0)
}

export function bigEndian(number: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntBE(number, 0, bytes)
  return buffer
}

/** A copy without the attributes that are undefined. */
export function attributes(attrs: Record<string, string | undefined>): BinaryNode['attrs'] {
  const given: BinaryNode['attrs'] = {}
  for (const [name, value] of Object.entries(attrs)) if (value !== undefined) given[name] = value
  return given
}

/** A node; attributes that are undefined are left out. */
export function node(
  tag: string,
  attrs: Record<string, string | undefined> = {},
  content?: BinaryNode['content'],
): BinaryNode {
  return content === undefined
    ? { tag, attrs: attributes(attrs) }
    : { tag, attrs: attributes(attrs), content }
}
