import t from 'tap'
import { failureOf } from './faults.ts'
import { readSent, refusalInBody } from './read-sent.ts'

const FALLBACK = 'the id that was asked with'
/** As the client reads an answer to a send. */
const read = (status: number, body: unknown) => {
  const refused = status >= 300 ? status : refusalInBody(body)
  return refused === undefined
    ? readSent(body, FALLBACK)
    : failureOf({ kind: 'answer', status: refused, body, retryAfterSeconds: undefined })
}

/** Answers in the shapes that brokers in the field write, whole. */
const TAKEN: [name: string, status: number, body: unknown, id: string, as: 'sent' | 'pending'][] = [
  [
    'a key, and the state as a word',
    201,
    {
      key: { remoteJid: '5511988887777@s.whatsapp.net', fromMe: true, id: '3EB0C767D097B7C7C030' },
      message: { conversation: 'hello' },
      messageType: 'conversation',
      messageTimestamp: '1717689097',
      status: 'PENDING',
    },
    '3EB0C767D097B7C7C030',
    'pending',
  ],
  [
    'a list below response, with success as a word',
    201,
    {
      status: 'success',
      response: [{ id: '3EB0538DA65A59F6D8A251', type: 'chat', body: 'hello' }],
      mapper: 'return',
    },
    '3EB0538DA65A59F6D8A251',
    'sent',
  ],
  [
    'an id that is an object',
    201,
    {
      id: {
        fromMe: true,
        remote: '5511988887777@c.us',
        id: '3EB0A1',
        _serialized: 'true_5511988887777@c.us_3EB0A1',
      },
    },
    '3EB0A1',
    'sent',
  ],
  ['a bare array of keys', 200, [{ key: { id: '3EB0A2', fromMe: true }, status: 2 }], '3EB0A2', 'sent'],
  [
    'results, with the numeric status of HTTP',
    200,
    { results: [{ status: 200, messageId: '3EB0A3' }] },
    '3EB0A3',
    'sent',
  ],
  [
    'data within result',
    200,
    { result: { data: { messageId: '3EB0A4', status: 'sent' } } },
    '3EB0A4',
    'sent',
  ],
  ['payload, and an error that is null', 200, { payload: { id: '3EB0A5' }, error: null }, '3EB0A5', 'sent'],
  ['the numeric status as text', 200, { status: '200', data: { id: '3EB0A6' } }, '3EB0A6', 'sent'],
  ['nothing at all (204)', 204, null, FALLBACK, 'sent'],
]

for (const [name, status, body, providerMessageId, as] of TAKEN) {
  t.test(`a taken message is known in ${name}`, async (t) => {
    t.match(read(status, body), { status: as, providerMessageId })
  })
}

const REFUSED: [name: string, status: number, body: unknown, expected: object][] = [
  [
    'a number that is not on WhatsApp',
    400,
    {
      status: 400,
      error: 'Bad Request',
      response: { message: [{ exists: false, number: '5511988887777' }] },
    },
    { fault: 'message', code: 'UNKNOWN_ERROR', message: 'Bad Request' },
  ],
  [
    'an instance that is not known, its reason in a list',
    404,
    { status: 404, error: 'Not Found', response: { message: ['The "main" instance does not exist'] } },
    { fault: 'ours', message: 'The "main" instance does not exist' },
  ],
  [
    'a key that is wrong',
    401,
    { status: 401, error: 'Unauthorized', response: { message: 'Unauthorized' } },
    { fault: 'ours', code: 'BROKER_AUTH' },
  ],
  [
    'a flat error under 200',
    200,
    { error: 'You must be connected.' },
    { fault: 'channel', message: 'You must be connected.' },
  ],
  [
    'a code under 200',
    200,
    { error: { code: 'NOT_CONNECTED', message: 'why' } },
    { fault: 'waiting', code: 'INSTANCE_NOT_CONNECTED' },
  ],
  [
    'a numeric status under 200',
    200,
    { status: 429, message: 'slow down' },
    { fault: 'waiting', code: 'RATE_LIMITED' },
  ],
  [
    'a numeric status as text',
    200,
    { status: '504', message: 'late' },
    { fault: 'unknown', code: 'BROKER_TIMEOUT' },
  ],
  [
    'a status in the first of results',
    200,
    { results: [{ status: 422, error: 'INVALID_NUMBER' }] },
    { fault: 'message', code: 'INVALID_TO' },
  ],
  [
    'a refusal in a bare array',
    200,
    [{ success: false, message: 'no session' }],
    { fault: 'channel', message: 'no session' },
  ],
  [
    'a page of a proxy',
    502,
    '<html><h1>502 Bad Gateway</h1></html>',
    { fault: 'channel', code: 'UNKNOWN_ERROR' },
  ],
  ['an empty body', 503, null, { fault: 'waiting', message: 'The broker gave no reason.' }],
]

for (const [name, status, body, expected] of REFUSED) {
  t.test(`a refusal is understood in ${name}`, async (t) => {
    t.match(read(status, body), { status: 'failed', ...expected })
  })
}
