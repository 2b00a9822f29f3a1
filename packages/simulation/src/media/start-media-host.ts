import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Logger } from '@carteiro/runtime/logger'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { type BlobLimits, createBlobs } from './blobs.ts'
import { createDirectPaths } from './direct-paths.ts'
import { issueLoopbackCertificate, type KeyedCertificate, makeAuthority } from './make-certificates.ts'
import { mediaConnNode } from './media-conn.ts'
import { createMediaFaults, type MediaFaults } from './media-faults.ts'
import { createMediaFiles, type MediaFiles } from './media-files.ts'
import { createMediaTokens } from './media-tokens.ts'
import { type ServeDependencies, serveMedia } from './serve-media.ts'

export interface MediaHostOptions {
  logger: Logger
  /** A loopback address. */
  host?: string
  /** 0 asks the system for a free one. */
  port?: number
  /** Signs the host's certificate; made where none is given. */
  authority?: KeyedCertificate
  limits?: Partial<BlobLimits>
  /** How long what `mediaConn` gives out opens the host. */
  tokenTtlSeconds?: number
  /** How long a path leads to its file. */
  pathTtlSeconds?: number
  /** Epoch milliseconds. */
  now?: () => number
}

/** WhatsApp's media host on loopback, over TLS: it keeps sealed files, in memory. */
export interface MediaHost extends MediaFiles {
  /** `https://host:port` */
  url: string
  /** `host:port` */
  hostname: string
  /** The certificate authority, PEM: clients trust the host by it. */
  certificate: string
  /** `<media_conn>`: tells an account where files go, and opens the host for it. */
  mediaConn(account: string): BinaryNode
  /** Every token given out so far opens nothing any more. */
  revokeTokens(): void
  faults: MediaFaults
  /** Files that are known, the expired ones among them. */
  count(): number
  stop(): Promise<void>
}

const MEBIBYTE = 1024 * 1024
const LIMITS: BlobLimits = { maxBlobBytes: 128 * MEBIBYTE, maxBytes: 256 * MEBIBYTE, maxBlobs: 10_000 }
const TOKEN_TTL_SECONDS = 300
const PATH_TTL_SECONDS = 30 * 24 * 60 * 60

/** Starts a media host with a certificate of its own. */
export async function startMediaHost(options: MediaHostOptions): Promise<MediaHost> {
  const { logger, now = Date.now, tokenTtlSeconds: ttlSeconds = TOKEN_TTL_SECONDS } = options
  const limits = { ...LIMITS, ...options.limits }
  const authority = options.authority ?? (await makeAuthority())
  const blobs = createBlobs(limits)
  const paths = createDirectPaths({ ttlSeconds: options.pathTtlSeconds ?? PATH_TTL_SECONDS, now })
  const tokens = createMediaTokens({ ttlSeconds, now })
  const faults = createMediaFaults()
  const certificate = await issueLoopbackCertificate(authority)
  const server = createMediaServer(certificate, { blobs, paths, tokens, faults, logger })
  const hostname = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0)
  const url = `https://${hostname}`
  return {
    ...createMediaFiles({ blobs, paths, url }),
    ...{ url, hostname, certificate: authority.certificate, faults },
    mediaConn: (account) =>
      mediaConnNode({ hostname, auth: tokens.issue(account), ttlSeconds, maxBytes: limits.maxBlobBytes }),
    revokeTokens: () => tokens.revoke(),
    count: () => blobs.count(),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const MAX_CONNECTIONS = 1_000
/** On a connection on which nothing moves. */
const IDLE_MS = 120_000
const TIMES = { headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 5_000 }

function createMediaServer({ key, certificate }: KeyedCertificate, dependencies: ServeDependencies): Server {
  const server = createServer({ key, cert: certificate, ...TIMES }, (request, response) => {
    void serveMedia(dependencies, request, response)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_MS)
  return server
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { port: taken } = server.address() as AddressInfo
      resolve(`${host.includes(':') ? `[${host}]` : host}:${taken}`)
    })
  })
}
