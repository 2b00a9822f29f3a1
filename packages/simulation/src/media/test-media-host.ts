import { createHash } from 'node:crypto'
import { Agent, request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { createLogger } from '@carteiro/runtime/logger'
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChildren,
  getWAUploadToServer,
  type MediaConnInfo,
  type SocketConfig,
  type WAMediaUploadFunction,
} from '@whiskeysockets/baileys'
import type { Test } from 'tap'
import { Dispatcher1Wrapper, Agent as UndiciAgent } from 'undici'
import { type MediaHost, type MediaHostOptions, startMediaHost } from './start-media-host.ts'

/** What a request was answered with. */
export interface TestAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

export interface TestRequest {
  method?: string
  headers?: Record<string, string | number>
  body?: Buffer
  /** PEM; the host's own when left out. */
  ca?: string
  signal?: AbortSignal
  /** Hears when the first bytes of the answer's body are here. */
  onBytes?: () => void
}

export interface TestMediaHost {
  host: MediaHost
  /** As Baileys' socket uploads. */
  upload: WAMediaUploadFunction
  /** How often Baileys asked for media_conn. */
  connsAsked(): number
  /** Baileys' options for downloads that trust the host. */
  options: RequestInit
  /** What a socket of Baileys' must be told to trust the host. */
  socketConfig: Pick<SocketConfig, 'fetchAgent' | 'options'>
  /** One request, without Baileys. Rejects when the connection ends before the answer does. */
  ask(path: string, given?: TestRequest): Promise<TestAnswer>
}

/** A media host of a test's own, and Baileys' own hands to reach it. */
export async function startTestMediaHost(
  t: Pick<Test, 'teardown'>,
  given: Partial<MediaHostOptions> = {},
): Promise<TestMediaHost> {
  const logger = createLogger('test', 'silent')
  const host = await startMediaHost({ logger, ...given })
  const dispatcher = new UndiciAgent({ connect: { ca: host.certificate } })
  t.teardown(async () => {
    await dispatcher.destroy()
    await host.stop()
  })
  let connsAsked = 0
  let conn: MediaConnInfo | undefined
  const mediaConn = async (force: boolean) => {
    if (conn && !force) return conn
    connsAsked += 1
    conn = readMediaConn(host.mediaConn('5511900000000'))
    return conn
  }
  // Node's fetch speaks an older undici's protocol with its dispatchers.
  const options = Object.assign<RequestInit, object>({}, { dispatcher: new Dispatcher1Wrapper(dispatcher) })
  const socketConfig = { fetchAgent: new Agent({ ca: host.certificate }), options }
  return {
    ...{ host, options, socketConfig },
    upload: getWAUploadToServer({ ...DEFAULT_CONNECTION_CONFIG, logger, ...socketConfig }, mediaConn),
    connsAsked: () => connsAsked,
    ask: (path, request = {}) => ask(host.url + path, { ca: host.certificate, ...request }),
  }
}

/** As Baileys' socket reads it. */
function readMediaConn(node: BinaryNode): MediaConnInfo {
  const hosts = getBinaryNodeChildren(node, 'host').map(({ attrs }) => ({
    hostname: attrs.hostname ?? '',
    maxContentLengthBytes: Number(attrs.maxContentLengthBytes),
  }))
  return { hosts, auth: node.attrs.auth ?? '', ttl: Number(node.attrs.ttl), fetchDate: new Date() }
}

function ask(url: string, given: TestRequest): Promise<TestAnswer> {
  const { method = 'GET', headers = {}, body, ca, signal, onBytes = () => undefined } = given
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, ca, signal, agent: false }, (answer) => {
      answer.once('data', onBytes)
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
        reject,
      )
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

/** The request that uploads sealed bytes, for `ask`; `changed` may spoil it. */
export function uploadRequest(
  host: MediaHost,
  sealed: Buffer,
  changed: UploadChanges = {},
): [string, TestRequest] {
  const token = changed.token ?? createHash('sha256').update(sealed).digest('base64url')
  const auth = changed.auth ?? host.mediaConn('5511900000000').attrs.auth ?? ''
  const { kind = 'image', tokenAgain = token } = changed
  const path = `/mms/${kind}/${token}?auth=${encodeURIComponent(auth)}&token=${tokenAgain}`
  return [path, { method: 'POST', body: sealed, headers: { 'content-length': sealed.length } }]
}

export interface UploadChanges {
  kind?: string
  auth?: string
  token?: string
  tokenAgain?: string
}

/** Resolves when the condition holds, looked at again and again. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
