import type { BinaryNode } from '@whiskeysockets/baileys'
import { accountQueries } from './account-queries.ts'
import type { Device } from './device.ts'
import { groupQueries } from './group-queries.ts'
import { keyQueries } from './key-queries.ts'
import { allChildren, node } from './nodes.ts'
import { serverQueries } from './server-queries.ts'
import { answerUserSync } from './user-sync.ts'
import type { World } from './world.ts'

/** Answers one kind of query: the result's content, or the code of an error. */
export type QueryHandler = (world: World, sender: Device, query: BinaryNode) => BinaryNode[] | number

const NOT_IMPLEMENTED = 501

const ERROR_TEXTS: Record<number, string> = {
  400: 'bad-request',
  401: 'not-authorized',
  403: 'forbidden',
  404: 'item-not-found',
  409: 'conflict',
  429: 'rate-overlimit',
  500: 'internal-server-error',
  501: 'feature-not-implemented',
  503: 'service-unavailable',
}

/** By namespace, type and first child, as `xmlns type child`. */
const HANDLERS = new Map<string, QueryHandler>([
  ...Object.entries(serverQueries),
  ...Object.entries(keyQueries),
  ...Object.entries(accountQueries),
  ...Object.entries(groupQueries),
  ['usync get usync', answerUserSync],
])

/** Answers every query: what nobody here knows with an error, never with silence. */
export function answerQuery(world: World, sender: Device, query: BinaryNode): void {
  const { id, to, type, xmlns } = query.attrs
  // An answer to what this server asked.
  if (type === 'result' || type === 'error') return
  const [child] = allChildren(query)
  const handler =
    HANDLERS.get(`${xmlns} ${type} ${child?.tag ?? ''}`) ?? HANDLERS.get(`${xmlns} ${type ?? 'get'}`)
  const answer = world.verdicts.query(sender, query) ?? handler?.(world, sender, query) ?? NOT_IMPLEMENTED
  sender.send(
    typeof answer === 'number'
      ? node('iq', { id, from: to, type: 'error' }, [errorOf(answer)])
      : node('iq', { id, from: to, type: 'result' }, answer),
  )
  if (xmlns === 'passive' && child?.tag === 'active') sender.companion?.session?.onActive()
}

function errorOf(code: number): BinaryNode {
  return node('error', { code: String(code), text: ERROR_TEXTS[code] ?? 'error' })
}
