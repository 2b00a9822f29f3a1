import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'

type Json = Record<string, unknown>

const FIXTURES = new URL('../features/cloud-webhook/fixtures/', import.meta.url)

/** What Meta sends, by name: the raw members of one message or status. */
export const readFixtures = (file: 'messages' | 'statuses'): Record<string, Json> =>
  JSON.parse(readFileSync(new URL(`${file}.json`, FIXTURES), 'utf8'))

/** Meta's id of the number that a change is for, unless it names another. */
export const CLOUD_NUMBER = '106540352242922'

/** A change as Meta posts it. `phoneNumberId` null leaves the metadata out, as older samples do. */
export const cloudChange = (value: Json, phoneNumberId: string | null = CLOUD_NUMBER) => ({
  field: 'messages',
  value: {
    messaging_product: 'whatsapp',
    ...(phoneNumberId === null
      ? {}
      : { metadata: { display_phone_number: '15550783881', phone_number_id: phoneNumberId } }),
    ...value,
  },
})

/** Meta's body around its changes. */
export const cloudBody = (...changes: object[]) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: '102290129340398', changes }],
})

/** A customer's message, with the contact that Meta sends beside it. */
export const cloudText = (fields: { id?: string; from?: string; text?: string } = {}) => {
  const { id = 'wamid.TEXT', from = '5511955550000', text = 'Oi!' } = fields
  return {
    contacts: [{ profile: { name: 'Maria' }, wa_id: from }],
    messages: [{ from, id, timestamp: '1749416383', type: 'text', text: { body: text } }],
  }
}

/** `X-Hub-Signature-256` of a body, as Meta makes it. */
export const signCloud = (secret: string, body: string | Buffer): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
