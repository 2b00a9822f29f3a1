import { Problem } from '@carteiro/contracts/problem'
import { z } from 'zod'
import type { Phone } from './phone/phone.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'

/** A phone in a path or a body: digits, with or without a plus. */
export const PhoneNumber = z
  .string()
  .regex(/^\+?\d{8,15}$/, 'must be a phone of 8 to 15 digits')
  .transform((phone) => phone.replace('+', ''))

/**
 * The simulated phone with this number (digits), made when first named.
 *
 * @throws Problem why there is none
 */
export function phoneOf({ persons }: Pick<WhatsAppServer, 'persons'>, number: string): Phone {
  const person = persons.named(number)
  if (!person) throw new Problem('QUEUE_FULL', 'There are too many people here already.')
  const phone = persons.phoneOf(person)?.phone
  if (!phone) throw new Problem('RECIPIENT_NOT_ON_WHATSAPP', `There is no phone with the number ${number}.`)
  return phone
}
