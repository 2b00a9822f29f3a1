import { claimDownloads } from '@carteiro/domain/media/claim-downloads'
import { countPendingMedia } from '@carteiro/domain/media/count-pending'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { repeat } from '@carteiro/runtime/repeat'
import type { Dependencies } from '../../dependencies.ts'
import { claimSecondsOf, type DownloadDependencies, runDownload } from './run-download.ts'

export type MediaDependencies = DownloadDependencies & {
  config: Pick<Dependencies['config'], 'MEDIA_CONCURRENCY'>
}

export interface MediaConsumer {
  /** There may be a file to fetch. */
  wake(): void
}

const POLL_MS = 1_000
const COUNT_MS = 15_000

/**
 * Fetches the files of stored messages, MEDIA_CONCURRENCY at a time: woken when a batch brought some, and by a poll
 * each second for retries, other workers' batches and what a dead worker left.
 */
export function consumeMedia(dependencies: MediaDependencies): MediaConsumer {
  const { config, db, lifecycle, logger, report } = dependencies
  const downloads = new Set<Promise<void>>()
  let claiming: Promise<void> | undefined
  let again = false

  const wake = () => {
    again = true
    claiming ??= claimWhileWoken().finally(() => {
      claiming = undefined
      if (again && !lifecycle.signal.aborted) wake()
    })
  }

  const onError = (error: unknown) => {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error }, 'media: the database did not answer, trying again')
  }

  async function claimWhileWoken(): Promise<void> {
    while (again && !lifecycle.signal.aborted) {
      again = false
      const limit = config.MEDIA_CONCURRENCY - downloads.size
      if (limit <= 0) return
      try {
        const claimed = await claimDownloads(db, { limit, claimSeconds: claimSecondsOf(config) })
        for (const download of claimed) start(runDownload(dependencies, download))
      } catch (error) {
        onError(error)
      }
    }
  }

  function start(running: Promise<void>): void {
    const download = running.finally(() => {
      downloads.delete(download)
      wake()
    })
    downloads.add(download)
  }

  const poll = setInterval(wake, POLL_MS)
  const count = async () => report.mediaPending(await countPendingMedia(db))
  const counting = repeat(count, { everyMs: COUNT_MS, signal: lifecycle.signal, onError })
  lifecycle.onStop('media', async () => {
    clearInterval(poll)
    await claiming
    await Promise.all([counting, ...downloads])
  })
  wake()
  return { wake }
}
