type Members = Record<string, unknown>

/**
 * An intent as it is shown: in the place of a file's bytes stands how many they are. A list of messages would else
 * be as large as all of their files.
 */
export function withoutBytes(payload: Members): Members {
  const { media, document } = payload
  return {
    ...payload,
    ...(isMembers(media) ? { media: sizeForBytes(media) } : {}),
    ...(isMembers(document) ? { document: withoutBytes(document) } : {}),
  }
}

function sizeForBytes({ base64, ...media }: Members): Members {
  if (typeof base64 !== 'string') return media
  const padding = /=*$/.exec(base64)?.[0].length ?? 0
  return { ...media, size: (base64.length / 4) * 3 - padding }
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
