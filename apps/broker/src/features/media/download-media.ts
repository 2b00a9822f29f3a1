import { finished, pipeline, type Readable } from 'node:stream'
import type { SealedMedia, WantedMedia } from '@carteiro/contracts/broker-api'
import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import type { WAMessage } from '@whiskeysockets/baileys'
import type { Report } from '../../report.ts'
import type { AskUpload } from './ask-upload.ts'
import { decryptMedia } from './decrypt-media.ts'
import { findMedia } from './find-media.ts'
import type { MediaHost } from './media-host.ts'
import { mediaLocation } from './media-location.ts'
import { mediaGone, mediaTooLarge, toMediaProblem } from './media-problems.ts'
import { readAhead } from './read-ahead.ts'
import { createTransfer, type Transfer, type TransferTimes } from './transfer.ts'

export interface DownloadRequest {
  instanceId: string
  wanted: WantedMedia
  /** Aborts when the caller goes away. */
  signal: AbortSignal
}

/** A file on its way: whole and proven when it is a Buffer, else a stream that fails when it proves not to be. */
export interface OpenedMedia {
  body: Buffer | Readable
  mimetype: string | undefined
}

export interface DownloadDependencies {
  db: Database
  host: MediaHost
  askUpload: AskUpload
  maxBytes: number
  /** A media host on this machine; `undefined` reaches WhatsApp. */
  simulatorUrl: string | undefined
  report: Pick<Report, 'mediaDownloaded'>
  times?: TransferTimes
}

/** Downloads at a time; more are told to come again. */
export const MAX_DOWNLOADS = 16
const READ_AHEAD_BYTES = 1024 * 1024
/** The MAC, and one block of padding. */
const SEAL_BYTES = 26

/** Fetches and opens what WhatsApp's media host keeps sealed. No session is needed, except to ask for a new upload. */
export class MediaDownloads {
  readonly #deps: DownloadDependencies
  readonly #running = new Set<Transfer>()
  #onNone: (() => void) | undefined
  #stopping = false

  constructor(deps: DownloadDependencies) {
    this.#deps = deps
  }

  /** @throws Problem whose code says what is wrong: with the request, the message, the file or the media host */
  async open({ instanceId, wanted, signal }: DownloadRequest): Promise<OpenedMedia> {
    this.#admit()
    const startedAt = Date.now()
    const transfer = createTransfer(signal, this.#deps.times)
    this.#running.add(transfer)
    const end = (error?: unknown) => {
      if (error) transfer.abort()
      else transfer.close()
      this.#running.delete(transfer)
      if (this.#running.size === 0) this.#onNone?.()
      const elapsedMs = Date.now() - startedAt
      this.#deps.report.mediaDownloaded(instanceId, signal.aborted ? 'aborted' : resultOf(error), elapsedMs)
    }
    try {
      const { media, message } = await this.#resolve(instanceId, wanted)
      const askUpload = async () => message && (await this.#deps.askUpload(instanceId, message))
      const body = await this.#read({ media, askUpload, signal: transfer.signal })
      transfer.signal.throwIfAborted()
      transfer.begin()
      if (Buffer.isBuffer(body)) end()
      else {
        finished(body, { writable: false }, end)
        // Also one that nobody reads just now, and so would not hear of its source's end.
        transfer.signal.addEventListener('abort', () => body.destroy(transfer.signal.reason), { once: true })
      }
      return { body, mimetype: media.mimetype }
    } catch (error) {
      end(error)
      throw error
    }
  }

  /** Takes no new downloads; those under way may end within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    const timer = setTimeout(() => {
      for (const transfer of this.#running) transfer.abort(shuttingDown())
    }, graceMs)
    await new Promise<void>((resolve) => {
      this.#onNone = resolve
      if (this.#running.size === 0) resolve()
    })
    clearTimeout(timer)
  }

  #admit(): void {
    if (this.#stopping) throw shuttingDown()
    if (this.#running.size < MAX_DOWNLOADS) return
    throw new Problem('RATE_LIMITED', `This broker fetches ${MAX_DOWNLOADS} files at a time.`, {
      retryAfterSeconds: 1,
    })
  }

  async #resolve(
    instanceId: string,
    { messageId, media }: WantedMedia,
  ): Promise<{ media: SealedMedia; message?: WAMessage }> {
    const { db } = this.#deps
    if (media === undefined) return await findMedia(db, { instanceId, messageId })
    if (messageId === undefined) return { media }
    // A message that is not known only means that nobody can be asked for the file again.
    const known = await findMedia(db, { instanceId, messageId }).catch(undefinedForProblem)
    return { ...known, media }
  }

  async #read({ media, askUpload, signal }: Wanted): Promise<Buffer | Readable> {
    const { maxBytes } = this.#deps
    if ((media.fileLength ?? 0) > maxBytes) throw mediaTooLarge(maxBytes)
    const location = mediaLocation(media, this.#deps.simulatorUrl)
    if (!location) {
      throw new Problem('INVALID_PAYLOAD', 'url must be https and name a host under whatsapp.net.')
    }
    try {
      const sealed = await this.#fetch(location, askUpload, signal)
      if ((sealed.bytes ?? 0) > maxBytes + SEAL_BYTES) {
        sealed.body.destroy()
        throw mediaTooLarge(maxBytes)
      }
      const plain = await decryptMedia(media, maxBytes)
      pipeline(sealed.body, plain, () => undefined)
      return await readAhead(plain, READ_AHEAD_BYTES)
    } catch (error) {
      throw toMediaProblem(error)
    }
  }

  async #fetch(location: URL, askUpload: Wanted['askUpload'], signal: AbortSignal) {
    const { host, simulatorUrl } = this.#deps
    const sealed = await host.fetch(location, signal)
    if (sealed !== 'gone') return sealed
    const moved = mediaLocation({ directPath: await askUpload() }, simulatorUrl)
    const again = moved ? await host.fetch(moved, signal) : 'gone'
    if (again === 'gone') throw mediaGone()
    return again
  }
}

interface Wanted {
  media: SealedMedia
  /** Where the file is after its sender was asked for it; `undefined` when nobody has it. */
  askUpload: () => Promise<string | undefined>
  signal: AbortSignal
}

const shuttingDown = () =>
  new Problem('SHUTTING_DOWN', 'This broker is stopping; repeat the request.', { retryAfterSeconds: 1 })

function undefinedForProblem(error: unknown): undefined {
  if (!(error instanceof Problem)) throw error
}

function resultOf(error: unknown): string {
  if (error === undefined || error === null) return 'done'
  return toMediaProblem(error).code
}
