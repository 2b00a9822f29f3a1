import { Agent } from 'node:https'
import type { Connection } from '@carteiro/database/connect'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { WASocket } from '@whiskeysockets/baileys'
import type { Config } from './config.ts'
import { createAskUpload } from './features/media/ask-upload.ts'
import { MAX_DOWNLOADS, MediaDownloads } from './features/media/download-media.ts'
import { createMediaHost } from './features/media/media-host.ts'
import type { UploadSite } from './features/session/open-socket.ts'
import type { Report } from './report.ts'

interface MediaParts {
  connection: Connection
  report: Report
  socket: (instanceId: string) => WASocket | undefined
}

/** What fetches the files of messages that came in. */
export function wireMedia(
  config: Config,
  { connection, report, socket }: MediaParts,
  lifecycle: Lifecycle,
): MediaDownloads {
  const host = createMediaHost(MAX_DOWNLOADS, config.WHATSAPP_MEDIA_CA)
  lifecycle.onStop('media host', () => host.close())
  return new MediaDownloads({
    db: connection.db,
    host,
    askUpload: createAskUpload({ socket }),
    maxBytes: config.MEDIA_MAX_BYTES,
    simulatorUrl: config.WHATSAPP_MEDIA_URL,
    report,
  })
}

/** Baileys uploads over TLS alone. */
export function simulatedUploads(config: Config): UploadSite | undefined {
  const { WHATSAPP_MEDIA_URL: url, WHATSAPP_MEDIA_CA: ca, MEDIA_MAX_BYTES: maxContentLengthBytes } = config
  if (!url?.startsWith('https:')) return undefined
  return { hostname: new URL(url).host, maxContentLengthBytes, agent: new Agent({ ca }) }
}
