const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A JSON merge patch (RFC 7396): what is left out stays, `null` removes, objects are merged, anything else replaces.
 * Pure.
 */
export function mergePatch(stored: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(isMembers(stored) ? stored : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) merged.delete(key)
    else merged.set(key, isMembers(value) ? mergePatch(merged.get(key), value) : value)
  }
  return Object.fromEntries(merged)
}
