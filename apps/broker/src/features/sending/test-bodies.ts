import fc from 'fast-check'

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
  .filter((each) => each.trim() !== '' && !each.includes('\0'))
const phone = fc.integer({ min: 10_000_000, max: 999_999_999_999 }).map(String)
const to = fc.oneof(
  phone,
  phone.map((digits) => `+${digits}`),
  phone.map((digits) => `${digits}@s.whatsapp.net`),
  phone.map((digits) => `${digits}@lid`),
  phone.map((digits) => `${digits}@g.us`),
)
const media = fc.record(
  {
    base64: fc
      .uint8Array({ minLength: 1, maxLength: 40 })
      .map((bytes) => Buffer.from(bytes).toString('base64')),
    mimeType: fc.constantFrom('image/png', 'audio/ogg; codecs=opus', 'application/pdf'),
    fileName: text,
  },
  { requiredKeys: ['base64'] },
)
const quoting = { to, quotedMessageId: fc.constantFrom('3A01', '3EB0FF') }
const captioned = { ...quoting, media, caption: text, mentions: fc.array(to, { maxLength: 3 }) }

function body<Members extends Record<string, fc.Arbitrary<unknown>>>(
  type: string,
  members: Members,
  optional: (keyof Members)[] = [],
): fc.Arbitrary<Record<string, unknown>> {
  const requiredKeys = Object.keys(members).filter(
    (name) => !optional.includes(name) && name !== 'quotedMessageId',
  )
  return fc.record(members, { requiredKeys }).map((fields) => ({ ...fields, type }))
}

const poll = fc
  .uniqueArray(text, { minLength: 2, maxLength: 12, selector: (option) => option.trim() })
  .chain((options) =>
    fc.record({
      question: text,
      options: fc.constant(options),
      selectableCount: fc.integer({ min: 0, max: options.length }),
    }),
  )

/** Any body that the contract takes, of every type and with every member there or not. */
export const anyBody: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  body('text', { ...quoting, message: text, previewUrl: fc.boolean(), mentions: captioned.mentions }, [
    'previewUrl',
    'mentions',
  ]),
  ...['image', 'video', 'document'].map((type) => body(type, captioned, ['caption', 'mentions'])),
  body('audio', { ...quoting, media, ptt: fc.boolean() }, ['ptt']),
  body('sticker', { ...quoting, media }),
  body('location', {
    ...quoting,
    location: fc.record(
      {
        latitude: fc.double({ min: -90, max: 90, noNaN: true }),
        longitude: fc.double({ min: -180, max: 180, noNaN: true }),
        name: text,
        address: text,
      },
      { requiredKeys: ['latitude', 'longitude'] },
    ),
  }),
  body('contact', {
    ...quoting,
    contact: fc.record(
      {
        fullName: text,
        phones: fc.array(phone, { minLength: 1, maxLength: 3 }),
        organization: text,
        emails: fc.array(fc.emailAddress(), { maxLength: 2 }),
      },
      { requiredKeys: ['fullName', 'phones'] },
    ),
  }),
  body('poll', { ...quoting, poll }),
  body('reaction', { to, reaction: fc.record({ messageId: text, emoji: fc.constantFrom('👍', '') }) }),
  body('template', {
    ...quoting,
    template: fc.record({ text, variables: fc.dictionary(fc.constantFrom('1', 'name'), text) }),
  }),
)
