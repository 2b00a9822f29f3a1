import { cut } from '@carteiro/contracts/storable-text'
import { isObject, type JsonObject, objectOf, textOf } from '../../json/json-value.ts'

/** Whose an event says that it is. The instance's row alone decides. */
export interface EventAddress {
  /** Names of the instance, best first: each may be its id or an alias. */
  instanceNames: string[]
  /** Tenants that it names: each must be the instance's. */
  tenantIds: string[]
}

const INSTANCE_MEMBERS = ['instanceId', 'iid', 'brokerId', 'sessionId']
const MAX_NAME_CHARACTERS = 256

/** Looks at the event, its payload, its metadata and the metadata's `broker`. */
export function readAddress(event: JsonObject): EventAddress {
  const payload = objectOf(event.payload)
  const metadata = [payload.metadata, event.metadata].filter(isObject)
  const places = [event, payload, ...metadata]
  const brokers = metadata.flatMap(({ broker }) => (isObject(broker) ? [broker] : []))
  return {
    instanceNames: textsAt([...places, ...brokers], INSTANCE_MEMBERS),
    tenantIds: textsAt(places, ['tenantId']),
  }
}

function textsAt(places: JsonObject[], members: string[]): string[] {
  const texts = new Set<string>()
  for (const place of places) {
    for (const member of members) {
      const text = textOf(place[member])
      if (text !== undefined) texts.add(cut(text, MAX_NAME_CHARACTERS))
    }
  }
  return [...texts]
}
