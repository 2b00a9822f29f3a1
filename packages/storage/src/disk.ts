import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { readTrailer, writeTrailer } from './disk-trailer.ts'
import { assertKey } from './keys.ts'
import { rangeNotSatisfiable } from './range-not-satisfiable.ts'
import { type ReceivedBody, receiveBody } from './receive-body.ts'
import type { ByteRange, ObjectFacts, ObjectStorage, OpenedObject, WrittenObject } from './storage.ts'

/** Where files are while they are written: no key's segment begins with a dot. */
const INCOMING = '.incoming'
/** A file that nobody has written to for so long was left over by a process that died. */
const LEFT_OVER_AFTER_MS = 3_600_000
/** Others than the owner and its group have no business here. */
const FILE_MODE = 0o640

/**
 * Objects as files below `root`, the key being the path. A new one is written beside, flushed, and renamed into its
 * place. The folders are made when they are needed.
 */
export async function createDiskStorage(root: string): Promise<ObjectStorage> {
  const base = path.resolve(root)
  const incoming = path.join(base, INCOMING)
  await removeLeftOvers(incoming)
  const pathOf = (key: string) => {
    assertKey(key)
    return path.join(base, key)
  }
  return {
    put: (key, body, options) =>
      receiveBody(body, options, async (received) => {
        const target = pathOf(key)
        await makeFolder(incoming)
        const temporary = path.join(incoming, randomUUID())
        try {
          const written = await writeFile(temporary, received, options.contentType)
          await makeFolder(path.dirname(target))
          await rename(temporary, target)
          await syncFolder(path.dirname(target))
          return written
        } catch (error) {
          await rm(temporary, { force: true })
          throw error
        }
      }),
    open: async (key, range) => {
      const file = await openFile(pathOf(key))
      return file && (await readObject(file, pathOf(key), range))
    },
    stat: async (key) => {
      const file = await openFile(pathOf(key))
      return file && (await readFacts(file, pathOf(key)))
    },
    delete: async (key) => {
      await rm(pathOf(key), { force: true })
    },
    close: () => undefined,
  }
}

async function writeFile(file: string, received: ReceivedBody, contentType: string): Promise<WrittenObject> {
  const handle = await open(file, 'wx', FILE_MODE)
  try {
    await handle.writeFile(received.chunks)
    const written = received.finish()
    await handle.writeFile(writeTrailer({ contentType, ...written }))
    await handle.sync()
    return written
  } finally {
    await handle.close()
  }
}

/** A folder outlives a power cut when the one that it lies in is flushed, and so on up to the one that was there. */
async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true })
  if (firstMade === undefined) return
  for (let made = folder; made.length >= firstMade.length; made = path.dirname(made)) {
    await syncFolder(path.dirname(made))
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function readFacts(file: FileHandle, name: string): Promise<ObjectFacts> {
  try {
    return await readTrailer(file, name)
  } finally {
    await file.close()
  }
}

/** Takes the handle over: the body closes it, at its end or when it is destroyed. */
async function readObject(
  file: FileHandle,
  name: string,
  range: ByteRange | undefined,
): Promise<OpenedObject> {
  try {
    const facts = await readTrailer(file, name)
    if (range && range.start >= facts.size) throw rangeNotSatisfiable()
    const start = range?.start ?? 0
    const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, facts.size - 1)
    if (end >= start) return { ...facts, body: file.createReadStream({ start, end }) }
    await file.close()
    return { ...facts, body: Readable.from([]) }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function removeLeftOvers(incoming: string): Promise<void> {
  const names = await readdir(incoming).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  for (const name of names) {
    const file = path.join(incoming, name)
    const facts = await stat(file).catch(() => undefined)
    if (facts && Date.now() - facts.mtimeMs > LEFT_OVER_AFTER_MS) await rm(file, { force: true })
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
