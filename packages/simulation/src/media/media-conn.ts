import type { BinaryNode } from '@whiskeysockets/baileys'

export interface MediaConn {
  /** `host:port` of the media host. */
  hostname: string
  /** Opens it for uploads. */
  auth: string
  ttlSeconds: number
  maxBytes: number
}

/** The answer to a client that asks where files go: `<media_conn>`, the content of the iq's result. */
export function mediaConnNode({ hostname, auth, ttlSeconds, maxBytes }: MediaConn): BinaryNode {
  const ttl = String(ttlSeconds)
  return {
    tag: 'media_conn',
    attrs: { auth, ttl, auth_ttl: ttl, max_buckets: '12' },
    content: [{ tag: 'host', attrs: { hostname, type: 'primary', maxContentLengthBytes: String(maxBytes) } }],
  }
}
