import { createDiskStorage } from '../disk.ts'

/** A process of its own that writes half an object into `folder` (its arguments: folder, key), says so, and waits. */
const [, , folder = '', key = ''] = process.argv
const storage = await createDiskStorage(folder)

async function* half() {
  yield Buffer.alloc(1_000_000, 'new')
  process.stdout.write('half')
  await new Promise((resolve) => process.stdin.once('end', resolve).resume())
}

await storage.put(key, half(), { contentType: 'text/plain', maxBytes: 10_000_000 })
