import { type BinaryNode, QueryIds, XWAPaths } from '@whiskeysockets/baileys'
import type { QueryHandler } from './answer-query.ts'
import { childOf, childrenOf, node } from './nodes.ts'

/** Tokens of trusted contacts go with messages to one person. */
const PRIVACY_TOKENS_ON_MESSAGES = '10518'
/** They are issued to LIDs. */
const PRIVACY_TOKENS_TO_LID = '14303'

const done: QueryHandler = () => []

/** What a client asks of the server itself. */
export const serverQueries: Record<string, QueryHandler> = {
  'passive set active': done,
  'passive set passive': done,
  'w:p get ping': done,
  'w:p get': done,
  'w:stats get add': done,
  'urn:xmpp:whatsapp:dirty set clean': done,
  'abt get props': () => [
    node('props', { protocol: '1', ab_key: 'simulator', hash: 'simulator' }, [
      property(PRIVACY_TOKENS_ON_MESSAGES),
      property(PRIVACY_TOKENS_TO_LID),
    ]),
  ],
  'w get props': () => [node('props', { version: '1' })],
  'bot get bot': () => [node('bot', { v: '2' })],
  'w:m set media_conn': (world, { person }) => [world.mediaConn(person.phone)],
  // An account that changes nothing outside of its chats: every collection is as the client has it.
  'w:sync:app:state set sync': (_world, _sender, query) => [
    node('sync', {}, childrenOf(childOf(query, 'sync'), 'collection').map(unchanged)),
  ],
  'w:mex get query': (_world, _sender, query) => {
    const data = MEX_ANSWERS[childOf(query, 'query')?.attrs.query_id ?? '']
    if (!data) return 501
    return [node('result', {}, Buffer.from(JSON.stringify({ data })))]
  },
}

const MEX_ANSWERS: Record<string, Record<string, unknown>> = {
  [QueryIds.REACHOUT_TIMELOCK]: { [XWAPaths.xwa2_fetch_account_reachout_timelock]: { is_active: false } },
  [QueryIds.MESSAGE_CAPPING_INFO]: {
    [XWAPaths.xwa2_message_capping_info]: { total_quota: -1, used_quota: 0, capping_status: 'NONE' },
  },
}

function property(code: string): BinaryNode {
  return node('prop', { config_code: code, config_value: '1' })
}

function unchanged(collection: BinaryNode): BinaryNode {
  const { name, version } = collection.attrs
  const patched = childOf(collection, 'patch') !== undefined
  return node('collection', {
    name,
    version: String(Number(version ?? 0) + (patched ? 1 : 0)),
    type: 'result',
  })
}
