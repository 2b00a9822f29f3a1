import type { Test } from 'tap'
import { startTestServer } from '../server/test-server.ts'
import { createPhone } from './create-phone.ts'
import type { Phone } from './phone.ts'
import type { ShownMessage } from './shown-message.ts'
import { createMemoryMedia } from './test-phones.ts'

export const ACCOUNT = '5511999990001'
export const CUSTOMER = '5511988880001'

/** A WhatsApp server with phones, a real Baileys client linked to ACCOUNT, and the phone of CUSTOMER. */
export async function startTestWhatsApp(t: Test) {
  const media = createMemoryMedia()
  const whatsapp = await startTestServer(t, {
    createPhone: (person, port) =>
      createPhone({ person, pushName: person.pushName, port: { ...port, media } }),
  })

  function phone(digits: string): Phone {
    const person = whatsapp.server.persons.named(digits)
    const device = person && whatsapp.server.persons.phoneOf(person)
    if (!device) throw new Error(`${digits} has no phone`)
    return device.phone
  }

  const owner = phone(ACCOUNT)
  const account = whatsapp.connect(await whatsapp.link(ACCOUNT))
  await account.opened
  return { whatsapp, account, phone, owner, customer: phone(CUSTOMER) }
}

/** Waits until a phone shows such a message. */
export function shown(phone: Phone, isSuch: (message: ShownMessage) => boolean): Promise<ShownMessage> {
  const { promise, resolve } = Promise.withResolvers<ShownMessage>()
  const check = () => {
    const found = phone.shown().find(isSuch)
    if (found) resolve(found)
  }
  const stop = phone.onChange(check)
  check()
  return promise.finally(stop)
}
