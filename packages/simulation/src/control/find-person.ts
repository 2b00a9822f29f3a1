import { Problem } from '@carteiro/contracts/problem'
import type { Person } from '../server/device.ts'
import type { PhoneDevice } from '../server/phone-device.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'

type Whatsapp = Pick<WhatsAppServer, 'persons'>

/** The person with this phone (digits), made when first named. @throws Problem when there are too many */
export function namePerson({ persons }: Whatsapp, phone: string): Person {
  const person = persons.named(phone)
  if (person) return person
  throw new Problem('QUEUE_FULL', 'There are too many people here: start the simulator anew.')
}

/** The phone of a person who is to do something with it. @throws Problem when there is none */
export function requirePhone(whatsapp: Whatsapp, phone: string): PhoneDevice {
  const person = namePerson(whatsapp, phone)
  const device = person.onWhatsApp ? whatsapp.persons.phoneOf(person) : undefined
  if (device) return device
  throw new Problem(
    'RECIPIENT_NOT_ON_WHATSAPP',
    `${phone} has no phone here: PATCH /customers/${phone} with {"onWhatsApp":true} gives it one.`,
  )
}

/** The phone of a person, unless nobody named them yet or they have none. */
export function findPhone({ persons }: Whatsapp, phone: string): PhoneDevice | undefined {
  const person = persons.find(phone)
  return person && persons.phoneOf(person)
}
