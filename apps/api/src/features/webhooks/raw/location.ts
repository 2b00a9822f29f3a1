import { defined, type JsonObject, textOf } from '../../../json/json-value.ts'
import { readLong } from './longs.ts'

/** A place: degrees, and what it is called. */
export function readLocation(type: string, part: JsonObject): JsonObject | undefined {
  if (type !== 'location' && type !== 'live_location') return undefined
  return defined({
    latitude: number(part.degreesLatitude),
    longitude: number(part.degreesLongitude),
    name: textOf(part.name),
    address: textOf(part.address),
    url: textOf(part.url),
    accuracyMeters: number(part.accuracyInMeters),
    live: type === 'live_location' ? true : undefined,
  })
}

const number = (value: unknown): number | undefined => readLong(value)
