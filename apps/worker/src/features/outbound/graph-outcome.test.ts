import type { AttemptFailed } from '@carteiro/domain/outbox/settle'
import { test } from 'tap'
import { readSendAnswer, readSendError } from './graph-outcome.ts'

const answer = (status: number, text: string, retryAfter?: string) =>
  readSendAnswer({ status, text, retryAfter })
const refusal = (code: number, fields: object = {}) =>
  JSON.stringify({ error: { message: `(#${code}) why`, type: 'OAuthException', code, ...fields } })

type Row = [numbers: number[], code: string, fault: AttemptFailed['fault'], next?: AttemptFailed['next']]

const faults: Row[] = [
  [[131_026], 'RECIPIENT_UNREACHABLE', 'message'],
  [[131_047], 'WINDOW_CLOSED', 'message'],
  [[131_051], 'UNSUPPORTED_TYPE', 'message'],
  [[131_050], 'RECIPIENT_OPTED_OUT', 'message'],
  [[130_472, 130_497, 131_049], 'NOT_DELIVERED_BY_META', 'message'],
  [[131_021, 131_030], 'INVALID_TO', 'message'],
  [[132_001], 'TEMPLATE_NOT_FOUND', 'message'],
  [[132_000, 132_005, 132_012], 'TEMPLATE_PARAMETERS', 'message'],
  [[132_007, 132_015, 132_016, 132_068, 132_999], 'TEMPLATE_REFUSED', 'message'],
  [[100, 131_008, 131_009, 135_000], 'INVALID_PAYLOAD', 'message'],
  [[131_052], 'MEDIA_DOWNLOAD_ERROR', 'message'],
  [[131_053], 'MEDIA_UPLOAD_ERROR', 'message'],
  [[999_999], 'GRAPH_ERROR', 'message'],
  [[4, 17, 32, 613, 80_007, 130_429], 'RATE_LIMITED', 'waiting'],
  [[131_056], 'PAIR_RATE_LIMITED', 'waiting'],
  [[131_048], 'SPAM_RATE_LIMITED', 'waiting'],
  [[1, 2, 131_000, 131_016], 'GRAPH_UNAVAILABLE', 'channel'],
  [[0, 102, 190], 'TOKEN_INVALID', 'channel', 'wait'],
  [[3, 10, 131_005, 200, 250, 299], 'TOKEN_NOT_ALLOWED', 'channel', 'wait'],
  [[368, 131_031], 'ACCOUNT_RESTRICTED', 'channel', 'wait'],
  [[131_037, 131_042, 131_045, 131_057, 133_010], 'NUMBER_NOT_READY', 'channel', 'wait'],
  [[33], 'NUMBER_NOT_FOUND', 'channel', 'wait'],
]
for (const [numbers, code, fault, next] of faults) {
  for (const number of numbers) {
    test(`Meta\u2019s ${number} is ${code}, a fault of kind ${fault}`, async (t) => {
      const outcome = answer(400, refusal(number))
      t.match(outcome, { status: 'failed', code, fault, message: `(#${number}) why (${number})` })
      t.equal('next' in outcome ? outcome.next : undefined, next)
    })
  }
}

const byStatus: [status: number, text: string, code: string, fault: AttemptFailed['fault']][] = [
  [400, '', 'GRAPH_ERROR', 'message'],
  [400, refusal(100, { error_subcode: 33 }), 'NUMBER_NOT_FOUND', 'channel'],
  [401, '', 'TOKEN_INVALID', 'channel'],
  [403, '<html>', 'TOKEN_NOT_ALLOWED', 'channel'],
  [404, '', 'NUMBER_NOT_FOUND', 'channel'],
  [429, '', 'RATE_LIMITED', 'waiting'],
  [500, '', 'GRAPH_UNAVAILABLE', 'channel'],
  [503, '{"error":', 'GRAPH_UNAVAILABLE', 'channel'],
  [502, refusal(131_000), 'GRAPH_UNAVAILABLE', 'channel'],
  [408, '', 'OUTCOME_UNKNOWN', 'unknown'],
  [502, '<html>', 'OUTCOME_UNKNOWN', 'unknown'],
  [504, '', 'OUTCOME_UNKNOWN', 'unknown'],
  [200, '', 'OUTCOME_UNKNOWN', 'unknown'],
  [200, '{"messages":[]}', 'OUTCOME_UNKNOWN', 'unknown'],
]
for (const [status, text, code, fault] of byStatus) {
  test(`${status} with ${text || 'nothing'} is ${code}`, async (t) => {
    t.match(answer(status, text), { status: 'failed', code, fault })
  })
}

test('an answer with the message\u2019s id is sent', async (t) => {
  const body = {
    messaging_product: 'whatsapp',
    contacts: [{ input: '5511988887777', wa_id: '551188887777' }],
    messages: [{ id: 'wamid.A', message_status: 'accepted' }],
  }
  t.same(answer(200, JSON.stringify(body)), {
    status: 'sent',
    providerMessageId: 'wamid.A',
    response: { messages: body.messages, contacts: [{ wa_id: '551188887777' }] },
  })
})

test('what Meta asks for is waited, and what it documents where it asks for nothing', async (t) => {
  t.match(answer(429, refusal(130_429), '120'), { retryAfterSeconds: 120 })
  t.match(answer(400, refusal(131_056)), { retryAfterSeconds: 6 })
  t.match(answer(400, refusal(190)), { retryAfterSeconds: 60 })
})

test('Meta\u2019s details go before its message', async (t) => {
  const details = 'Message failed to send because more than 24 hours have passed.'
  t.match(answer(400, refusal(131_047, { error_data: { details } })), { message: `${details} (131047)` })
})

const coded = (code: string) => Object.assign(new Error(code), { code })

test('nothing was sent when no connection was made; else nobody knows, and it is not repeated', async (t) => {
  t.match(readSendError(coded('ECONNREFUSED')), { fault: 'waiting', code: 'GRAPH_UNREACHABLE' })
  for (const error of [
    coded('ECONNRESET'),
    coded('UND_ERR_SOCKET'),
    new DOMException('over', 'TimeoutError'),
  ]) {
    t.match(readSendError(error), { fault: 'unknown', code: 'OUTCOME_UNKNOWN', next: 'fail' })
  }
})
