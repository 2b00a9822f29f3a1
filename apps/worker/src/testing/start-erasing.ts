import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { claimDownloads } from '@carteiro/domain/media/claim-downloads'
import { settleDownload } from '@carteiro/domain/media/settle-download'
import { readErasure, requestErasure } from '@carteiro/domain/persons/request-erasure'
import { dumpDatabase, findWords } from '@carteiro/domain/testing/dump-database'
import { fillPerson, type MarkedPerson } from '@carteiro/domain/testing/fill-person'
import { findOverUploads, forgetUpload } from '@carteiro/domain/uploads/delete-upload'
import { storageKeyOf, uploadKeyOf } from '@carteiro/storage/keys'
import { sql } from 'kysely'
import { type EraseDependencies, eraseDue } from '../features/persons/erase.ts'
import { startMedia } from './start-media.ts'

type Answer = Awaited<ReturnType<BrokerClient['forget']>>

/** What a broker answers, for tests. */
export const AWAY: Answer = {
  ...{ status: 'failed', fault: 'waiting', code: 'BROKER_UNREACHABLE', message: 'away' },
}
export const FORGOTTEN: Answer = {
  status: 'done',
  value: { journal: 0, opened: 0, sends: 0, numbers: 0, keys: 0 },
}

/** What gives a person away in a row. */
export const wordsOf = ({ phone, lid, mark }: MarkedPerson) => [
  mark,
  phone.slice(1),
  lid.slice(0, lid.indexOf('@')),
]

/** A worker that forgets people, for tests: with a database, a storage on disk, and a broker that answers as it is set. */
export async function startErasing(t: Parameters<typeof startMedia>[0]) {
  const media = await startMedia(t)
  const { db, domain, storage } = media
  const broker = {
    answer: FORGOTTEN,
    asked: [] as { instanceId: string; jids: string[] }[],
    forget: async (instanceId: string, { jids }: { jids: string[] }) => {
      broker.asked.push({ instanceId, jids })
      return broker.answer
    },
  }
  const { lifecycle } = media.dependencies
  const worker: EraseDependencies = { ...domain, lifecycle, report: { erased: () => undefined }, broker }
  const act = { tenantId: 'acme', actor: 'key:admin', requestId: 'request-erase' }
  const stateOf = (contactId: string) => readErasure(db, { tenantId: 'acme', contactId })
  /** One round, as if what it waits for had been looked at long ago. */
  const round = async () => {
    await sql`update contact_erasure set next_try_at = now()`.execute(db)
    await eraseDue(worker)
  }
  const put = (key: string, { mark }: MarkedPerson) =>
    storage.put(key, Buffer.from(mark), { contentType: 'text/plain', maxBytes: 1_000 })

  /** What other chores of the worker do, as if an hour had passed: files that are to go are deleted. */
  async function deleteFiles(): Promise<void> {
    await media.tryOnce()
    await sql`update upload set sent_at = sent_at - interval '1 hour' where expires_at <= now()`.execute(db)
    for (const upload of (await findOverUploads(db, 100)).over) {
      await storage.delete(uploadKeyOf({ tenantId: upload.tenantId, uploadId: upload.id }))
      await forgetUpload(db, { ...upload, actor: 'worker' })
    }
  }

  return {
    ...{
      act,
      broker,
      db,
      domain,
      stateOf,
      round,
      roundOfDue: () => eraseDue(worker),
      deleteFiles,
      stored: media.stored,
    },
    erase: (contactId: string) => requestErasure(domain, { ...act, contactId }),
    /** Puts a person everywhere, with the bytes of its files. */
    fill: async (person: MarkedPerson) => {
      const filled = await fillPerson(domain, person)
      const written = await put(storageKeyOf({ tenantId: 'acme', messageId: filled.fileId }), person)
      for (const download of await claimDownloads(db, { limit: 10, claimSeconds: 60 })) {
        await settleDownload(domain, download, { status: 'ready', mimeType: 'image/jpeg', ...written })
      }
      for (const uploadId of filled.uploadIds) await put(uploadKeyOf({ tenantId: 'acme', uploadId }), person)
      return filled
    },
    /** Goes on until it is done. */
    finish: async (contactId: string) => {
      while ((await stateOf(contactId))?.step !== 'done') {
        await round()
        await deleteFiles()
      }
    },
    /** Rows that are of somebody, of every table. */
    rowsOf: async (words: string[]) => findWords(await dumpDatabase(db), words).toSorted(),
    /** How many objects hold these bytes. */
    countStored: async (bytes: string) => {
      const entries = await readdir(media.storagePath, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      const read = await Promise.all(
        files.map(({ parentPath, name }) => readFile(path.join(parentPath, name))),
      )
      return read.filter((file) => file.includes(bytes)).length
    },
  }
}
