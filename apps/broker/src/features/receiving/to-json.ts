/** Larger thumbnails are left out: an event should not weigh more than what it tells. */
const MAX_THUMBNAIL_BYTES = 16 * 1024
const THUMBNAIL = /thumbnail$/i

/**
 * Baileys' objects as plain JSON: bytes as base64, 64-bit numbers as numbers (as text where a number cannot
 * hold them), nothing that is null or an empty list (protobuf's unset fields). Texts lose what PostgreSQL's
 * jsonb cannot hold: NUL characters and lone surrogates.
 */
export function toJson(value: unknown): unknown {
  if (typeof value === 'string') return toText(value)
  if (typeof value === 'bigint') return toNumberOrText(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(toJson)
  if (isLong(value)) return toNumberOrText(BigInt(value.toString()))
  return toObject(value)
}

function toObject(value: object): Record<string, unknown> {
  const members: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    if (isUnset(member) || isLargeThumbnail(name, member)) continue
    const json = toJson(member)
    if (json !== undefined) members.push([toText(name), json])
  }
  return Object.fromEntries(members)
}

const isUnset = (member: unknown) => member == null || (Array.isArray(member) && member.length === 0)

const toText = (text: string) => text.toWellFormed().replaceAll('\0', '')

function toNumberOrText(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

const isLargeThumbnail = (name: string, member: unknown) =>
  THUMBNAIL.test(name) && member instanceof Uint8Array && member.length > MAX_THUMBNAIL_BYTES

/** protobufjs' 64-bit numbers: `{low, high, unsigned}` of the package `long`. */
function isLong(value: object): boolean {
  return 'low' in value && 'high' in value && 'unsigned' in value
}
