import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Phone } from '../phone/phone.ts'
import { MAILBOX_LIMIT } from './companion.ts'
import type { Device, Person } from './device.ts'
import { createMailbox } from './mailbox.ts'

export interface PhoneDevice extends Device {
  readonly phone: Phone
  /** The phone may be online again: hands it what waits. */
  wake(): void
  /** Resolves when the phone has worked on all that it was handed until now. */
  settled(): Promise<void>
}

/** Makes a simulated phone device 0 of its person: it is handed one stanza at a time, while it is online. */
export function addPhoneDevice(person: Person, phone: Phone, onError: (error: unknown) => void): PhoneDevice {
  const mailbox = createMailbox(MAILBOX_LIMIT)
  const line: BinaryNode[] = []
  let open = false
  let handing = false
  let handed = Promise.resolve()

  async function hand(): Promise<void> {
    handing = true
    // What a phone works out is its own time: the server goes on first.
    await new Promise(setImmediate)
    for (let stanza = line.shift(); stanza; stanza = line.shift()) {
      // It stays in the mailbox, and comes again when the phone is online.
      if (!phone.online) break
      await phone.receive(stanza).catch(onError)
      mailbox.forget(stanza)
    }
    handing = false
    if (phone.online) return
    line.length = 0
    open = false
    mailbox.close()
  }

  function take(stanza: BinaryNode): void {
    line.push(stanza)
    if (!handing) handed = hand()
  }

  const device: PhoneDevice = {
    person,
    number: 0,
    mailbox,
    phone,
    send(stanza) {
      if (phone.online) take(stanza)
    },
    takeBundle: () => phone.bundle(),
    settled: () => handed,
    wake() {
      if (open || !phone.online) return
      open = true
      mailbox.open(take, () => undefined)
    },
  }
  person.devices.set(0, device)
  device.wake()
  return device
}
