/** A refusal of the simulator, with its sentence. */
export class Refused extends Error {}

/** One request to the control API. @throws Refused with a sentence for people */
export async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Refused('The simulator does not answer. Is it running?')
  })
  const text = await response.text()
  const answer = text === '' ? undefined : JSON.parse(text)
  if (response.ok) return answer
  throw new Refused(sentenceOf(answer?.error) ?? `The simulator answered ${response.status}.`)
}

function sentenceOf(error) {
  const [first] = Array.isArray(error?.details) ? error.details : []
  return first ? `${first.path}: ${first.message}` : error?.message
}

/** Paths of what one person has. */
export const paths = {
  customer: (own) => `/customers/${own}`,
  chats: (own) => `/customers/${own}/chats`,
  chat: (own, chat) => `/customers/${own}/chats/${encodeURIComponent(chat)}`,
  file: (own, { chat, id }) =>
    `/customers/${own}/chats/${encodeURIComponent(chat)}/messages/${encodeURIComponent(id)}/file`,
  link: (own) => `/accounts/${own}/link`,
  device: (own, device) => `/accounts/${own}/devices/${device}`,
  events: (own) => `/phones/${own}/events`,
}

/** A phone as people type it, as digits; `undefined` when it is none. */
export function readPhone(text) {
  const digits = text.replace(/[\s+().-]/g, '')
  return /^\d{8,15}$/.test(digits) ? digits : undefined
}
