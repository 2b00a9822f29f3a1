import type { Connection } from '../wire/connection-paths.ts'
import { formatAddress } from './address.ts'
import type { CompanionSession, Device } from './device.ts'
import { node, SERVER_JID } from './nodes.ts'
import { seconds, type World } from './world.ts'

/** Lets a linked client in, or refuses it. Returns its device; undefined when it was refused. */
export function logIn(world: World, connection: Connection): Device | undefined {
  const device = findDevice(world, connection)
  if (!device?.companion) {
    refuse(connection, 401, 'an unknown account or device')
    return undefined
  }
  const refused = world.verdicts.login(device, connection)
  if (refused !== undefined) {
    refuse(connection, refused, `refused with ${refused}`)
    return undefined
  }
  replaceOlder(device)
  device.companion.session = startSession(world, device, connection)
  device.companion.logins += 1
  const { person, number } = device
  connection.onNode((stanza) => world.take(device, stanza))
  connection.send(
    node('success', {
      t: seconds(world),
      props: '27',
      companion_enc_static: '',
      lid: formatAddress(person.phone, 'lid', number),
      display_name: person.pushName,
      abprops: '0',
    }),
  )
  return device
}

/** The client's connection is gone: its mail waits. */
export function logOut(device: Device, connection: Connection): void {
  if (device.companion?.session?.connection !== connection) return
  device.companion.session = undefined
  device.mailbox.close()
}

/** Refuses a client as WhatsApp does, and ends its connection. */
export function refuse(connection: Connection, code: number, reason: string): void {
  connection.send(node('failure', { reason: String(code), location: 'sim' }))
  connection.close(reason)
}

/** Ends a client's stream with an error, as `<stream:error code="..">` or with a reason inside. */
export function endStream(
  connection: Connection,
  error: { code?: number; conflict?: string },
  reason: string,
): void {
  const { code, conflict } = error
  const content = conflict === undefined ? [] : [node('conflict', { type: conflict })]
  connection.send(node('stream:error', { code: code === undefined ? undefined : String(code) }, content))
  connection.close(reason)
}

/** The device that a client says it is, where its key proves it. */
function findDevice({ persons }: World, { payload, noiseKey }: Connection): Device | undefined {
  const device = persons.find(String(payload.username ?? ''))?.devices.get(Number(payload.device ?? 0))
  if (!device?.companion) return undefined
  return Buffer.compare(device.companion.noiseKey, noiseKey) === 0 ? device : undefined
}

function replaceOlder({ companion, mailbox }: Device): void {
  if (!companion?.session) return
  const { connection } = companion.session
  companion.session = undefined
  mailbox.close()
  endStream(connection, { conflict: 'replaced' }, 'replaced by another connection of the same device')
}

function startSession(world: World, device: Device, connection: Connection): CompanionSession {
  const { mailbox } = device
  let drained = false

  function drain(): void {
    if (drained || !connection.open) return
    drained = true
    mailbox.open(
      (stanza, offline) =>
        connection.send(
          offline === undefined
            ? stanza
            : { ...stanza, attrs: { ...stanza.attrs, offline: String(offline) } },
        ),
      (count) => {
        connection.send(node('ib', {}, [node('offline', { count: String(count) })]))
        tellHistory(world, device)
      },
    )
  }

  return {
    connection,
    onActive() {
      if (mailbox.size === 0) return drain()
      const counts = mailbox.count()
      const preview = node('offline_preview', {
        count: String(mailbox.size),
        message: String(counts.message ?? 0),
        receipt: String(counts.receipt ?? 0),
        notification: String(counts.notification ?? 0),
        appdata: '0',
        call: '0',
        t: seconds(world),
      })
      connection.send(node('ib', { from: SERVER_JID }, [preview]))
    },
    onOfflineBatch: drain,
  }
}

/** Once per link, and after what waited: only then a client is ready for it. */
function tellHistory({ persons, onError }: World, { person, number, companion }: Device): void {
  if (!companion?.wantsHistory) return
  companion.wantsHistory = false
  persons.phoneOf(person)?.phone.tellHistory(number).catch(onError)
}
