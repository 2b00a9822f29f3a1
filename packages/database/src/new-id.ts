import { v7 } from 'uuid'

/** A UUIDv7: time-ordered, so that primary keys stay local. Order between processes is never read from it. */
export const newId = (): string => v7()

/** Below every id that is made from then on, and above every one from before. */
export function lowestId(from: Date): string {
  const milliseconds = from.getTime().toString(16).padStart(12, '0')
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-0000-0000-000000000000`
}
