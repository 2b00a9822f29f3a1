import { isObject, type JsonObject } from '../../json/json-value.ts'

const MAX_WRAPPINGS = 8

/** The events of a body: one, an array, `{events: [...]}`, or any of these as a proxy's `body`. Not yet judged. */
export function eventsOf(body: unknown): unknown[] {
  const content = withoutProxy(body)
  if (Array.isArray(content)) return content
  if (isObject(content) && Array.isArray(content.events)) return content.events
  return [content]
}

/** `{..., body: {event}}` is the event; what stands beside `body` fills in what the event lacks. */
export function withoutProxy(value: unknown): unknown {
  let content = value
  for (let wrapped = 0; isObject(content) && wrapped < MAX_WRAPPINGS; wrapped++) {
    const { body, ...outer }: JsonObject = content
    if (Array.isArray(body)) return body
    if (!isObject(body)) return content
    content = { ...outer, ...body }
  }
  return content
}
