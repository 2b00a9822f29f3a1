import { z } from 'zod'

/** A phone as people write it: digits, with or without a plus. */
export const Phone = z
  .string()
  .regex(/^\+?\d{8,15}$/, 'must be a phone of 8 to 15 digits')
  .transform((phone) => phone.replace('+', ''))

export const GroupJid = z
  .string()
  .regex(/^[\d-]{1,40}@g\.us$/, 'must be the jid of a group, as 120363000000000000@g.us')

/** Whom a person talks with: another person's phone, or a group's jid. */
export const Chat = z.union([GroupJid, Phone], {
  error: 'must be a phone of 8 to 15 digits, or the jid of a group',
})

export const MessageId = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'must be up to 128 letters, digits, "_", ".", ":" or "-"')

export const PushName = z.string().min(1).max(100)

export const PhoneParams = z.object({ phone: Phone })
export const ChatParams = z.object({ phone: Phone, chat: Chat })
