import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { addDevice } from '../server/companion.ts'
import type { Device, Person } from '../server/device.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'

type Persons = WhatsAppServer['persons']

const Bytes = z.codec(
  z.base64(),
  z.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array),
  {
    decode: (text) => Uint8Array.from(Buffer.from(text, 'base64')),
    encode: (bytes) => Buffer.from(bytes).toString('base64'),
  },
)

const KeptDevice = z.object({
  number: z.number().int().min(1).max(99),
  noiseKey: Bytes,
  keyIndex: z.number().int(),
  deviceIdentity: Bytes.optional(),
  keys: z
    .object({
      registrationId: z.number().int(),
      identityKey: Bytes,
      signedPreKey: z.object({ keyId: z.number().int(), publicKey: Bytes, signature: Bytes }),
    })
    .optional(),
})

const KeptAccounts = z.object({
  accounts: z.array(
    z.object({
      phone: z.string().regex(/^\d{8,15}$/),
      nextDevice: z.number().int().min(1),
      devices: z.array(KeptDevice),
    }),
  ),
})

/** The clients that phones have linked, in a file: so that a server that starts again still knows them. */
export interface KeptAccounts {
  /** Writes them as they are now; several calls while one write runs become one more write. */
  save(): void
  /** Resolves when all that was to be written is. */
  saved(): Promise<void>
}

/**
 * Reads the accounts of a file into a server that knows none yet. Mail and prekeys are not kept: clients bring new
 * prekeys at their next login.
 *
 * @throws Error naming the file when it cannot be read as what `save` wrote
 */
export async function keepAccounts(
  file: string,
  persons: Persons,
  onError: (error: unknown) => void,
): Promise<KeptAccounts> {
  restore(persons, await readAccounts(file))
  let changed = false
  let writing: Promise<void> | undefined

  async function writeUntilUnchanged(): Promise<void> {
    while (changed) {
      changed = false
      await writeAccounts(file, persons).catch(onError)
    }
    writing = undefined
  }

  return {
    save() {
      changed = true
      writing ??= writeUntilUnchanged()
    },
    saved: async () => await writing,
  }
}

async function readAccounts(file: string): Promise<z.output<typeof KeptAccounts>> {
  try {
    return KeptAccounts.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { accounts: [] }
    throw new Error(`${file} holds no accounts that can be read: delete it, and link again.`, {
      cause: error,
    })
  }
}

function restore(persons: Persons, { accounts }: z.output<typeof KeptAccounts>): void {
  for (const { phone, nextDevice, devices } of accounts) {
    const person = persons.named(phone)
    if (!person) return
    person.nextDevice = nextDevice
    for (const { number, keys, deviceIdentity, ...identity } of devices) {
      addDevice(person, number, {
        ...identity,
        ...(keys && { keys }),
        ...(deviceIdentity && { deviceIdentity }),
      })
    }
  }
}

/** A process that dies meanwhile leaves no half of a file. */
async function writeAccounts(file: string, persons: Persons): Promise<void> {
  const accounts = persons.all().flatMap(toAccount)
  await mkdir(dirname(file), { recursive: true })
  const making = `${file}.${process.pid}`
  await writeFile(making, JSON.stringify(z.encode(KeptAccounts, { accounts })), { mode: 0o600 })
  await rename(making, file)
}

/** A person who never linked a client is not kept. */
function toAccount({ phone, nextDevice, devices }: Person) {
  const kept = [...devices.values()].flatMap(toKeptDevice)
  return nextDevice === 1 && kept.length === 0 ? [] : [{ phone, nextDevice, devices: kept }]
}

function toKeptDevice({ number, companion }: Device): z.output<typeof KeptDevice>[] {
  if (number === 0 || !companion) return []
  const { noiseKey, keyIndex, deviceIdentity, keys } = companion
  return [
    {
      ...{ number, noiseKey, keyIndex, deviceIdentity },
      keys: keys && {
        registrationId: keys.registrationId,
        identityKey: keys.identityKey,
        signedPreKey: keys.signedPreKey,
      },
    },
  ]
}
