import { test } from 'tap'
import { toGraphFault } from './graph-fault.ts'

const error = (code: number, subcode?: number) =>
  JSON.stringify({ error: { message: 'why', type: 'OAuthException', code, error_subcode: subcode } })

const faults: [status: number, text: string, code: string, retriable: boolean][] = [
  [401, error(190, 463), 'TOKEN_INVALID', false],
  [400, error(190), 'TOKEN_INVALID', false],
  [401, '', 'TOKEN_INVALID', false],
  [403, error(10), 'TOKEN_NOT_ALLOWED', false],
  [400, error(200), 'TOKEN_NOT_ALLOWED', false],
  [400, error(4), 'RATE_LIMITED', true],
  [400, error(80_007), 'RATE_LIMITED', true],
  [429, 'slow down', 'RATE_LIMITED', true],
  [400, error(131_052), 'MEDIA_DOWNLOAD_ERROR', false],
  [400, error(131_053), 'MEDIA_UPLOAD_ERROR', false],
  [404, '', 'MEDIA_GONE', false],
  [410, '<html>', 'MEDIA_GONE', false],
  [400, error(100, 33), 'MEDIA_GONE', false],
  [400, error(100), 'GRAPH_ERROR', false],
  [500, error(1), 'GRAPH_UNAVAILABLE', true],
  [503, '{"error":', 'GRAPH_UNAVAILABLE', true],
  [418, '{"error":"flat"}', 'GRAPH_ERROR', false],
]
for (const [status, text, code, retriable] of faults) {
  test(`${status} ${text} is ${code}`, async (t) => {
    t.match(toGraphFault({ status, text, retryAfter: undefined }), { code, retriable })
  })
}

test('the time that Meta asks to be left alone is told, and nothing that is no time', async (t) => {
  const after = (retryAfter: string | undefined) =>
    toGraphFault({ status: 429, text: '', retryAfter }).retryAfterSeconds
  t.equal(after('120'), 120)
  for (const none of [undefined, 'soon', '-1']) t.equal(after(none), undefined)
})
