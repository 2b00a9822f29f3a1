import { entryOf } from './test-ledger.ts'
import type { StormMessage, StormScene } from './test-storm.ts'

export interface StormVerdict {
  messages: number
  /** Written, and not shown by everybody whom it is for. */
  lost: string[]
  /** Shown twice by a phone, or with another text than was written. */
  wrong: string[]
  /** Shown by one side where the server believes otherwise, or the other way round. */
  disagreed: string[]
  /** Stanzas that wait for a confirmation. */
  waiting: number
  /** Sends beyond the first, connections beyond the first, and stanzas beyond the first. */
  repeated: { sends: number; connections: number; stanzas: number }
}

interface Shown {
  reader: string
  device: number
  texts: string[]
}

/** Compares what everybody wrote, what the server believes, and what everybody has. */
export function judgeStorm(scene: StormScene): StormVerdict {
  const { clients, ledger, messages } = scene
  const lost: string[] = []
  const wrong: string[] = []
  const disagreed: string[] = []
  for (const message of messages) {
    const { from, to, id, text } = message
    for (const { reader, device, texts } of readersOf(scene, message)) {
      const entry = entryOf({ author: from, id, reader, device })
      if (texts.length === 0) lost.push(entry)
      if (texts.length > 1 || texts.some((shown) => shown !== text)) wrong.push(entry)
      if (ledger.routed.has(entry) !== texts.length > 0) disagreed.push(`${entry}: routed`)
      if (ledger.confirmed.has(entry) && texts.length === 0) disagreed.push(`${entry}: confirmed`)
    }
    if (clients.get(from)?.delivered.has(id) && !shownBy(scene, to, message))
      disagreed.push(`${from} ${id} ${to}: ticks`)
  }
  return {
    messages: messages.length,
    lost,
    wrong,
    disagreed,
    waiting: ledger.waiting(),
    repeated: repeatedIn(scene),
  }
}

/** The other person's phone and client, and the author's own phone for what a client wrote. */
function readersOf(scene: StormScene, message: StormMessage): Shown[] {
  const { from, to } = message
  const readers = [onPhone(scene, to, message)]
  if (scene.clients.has(to)) readers.push(onClient(scene, to, message))
  if (scene.clients.has(from)) readers.push(onPhone(scene, from, message))
  return readers
}

function onPhone({ server }: StormScene, reader: string, { from, to, id }: StormMessage): Shown {
  const shown = server.persons
    .find(reader)
    ?.devices.get(0)
    ?.phone?.shown({ chat: reader === from ? to : from, id })
  const texts = (shown ?? []).filter((one) => one.from === from).map(({ content }) => content.text ?? '')
  return { reader, device: 0, texts }
}

function onClient({ clients }: StormScene, reader: string, { from, id }: StormMessage): Shown {
  const shown = clients.get(reader)?.shown.get(`${from}@s.whatsapp.net ${id}`)
  return { reader, device: 1, texts: shown ? [shown.text] : [] }
}

function shownBy(scene: StormScene, reader: string, message: StormMessage): boolean {
  return [onPhone(scene, reader, message), onClient(scene, reader, message)].some(
    ({ texts }) => texts.length > 0,
  )
}

function repeatedIn({ clients, server, messages }: StormScene): StormVerdict['repeated'] {
  const all = [...clients.values()]
  const written = messages.filter(({ from }) => clients.has(from)).length
  const stanzas = server.persons
    .all()
    .flatMap(({ devices }) => devices.get(0)?.phone?.shown() ?? [])
    .reduce((sum, { stanzas: count }) => sum + Math.max(0, count - 1), 0)
  const more = all.flatMap(({ shown }) => [...shown.values()]).reduce((sum, { times }) => sum + times - 1, 0)
  return {
    sends: all.reduce((sum, { sends }) => sum + sends, 0) - written,
    connections: all.reduce((sum, { connections }) => sum + connections - 1, 0),
    stanzas: stanzas + more,
  }
}
