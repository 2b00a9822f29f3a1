import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import { FILES, type FormPart, formOf, keptBy, postFile, postForm } from '../../testing/upload.ts'

const LIMIT = 200_000
const api = await startApi(t, {
  env: {
    UPLOAD_LINK_SECRET: 'secret of the links',
    UPLOAD_MAX_BYTES_VIDEO: '1',
    UPLOAD_MAX_BYTES_DOCUMENT: String(LIMIT),
    UPLOAD_MAX_BYTES_IMAGE: '100000',
    UPLOAD_MAX_BYTES_AUDIO: '1',
    UPLOAD_MAX_BYTES_STICKER: '1',
  },
})
const { app, keys, dependencies } = api

const PNG: FormPart = { name: 'file', value: FILES.png, fileName: 'a.png' }
const TYPE: FormPart = { name: 'type', value: 'image' }

t.test('a form that does not fit is told which part is wrong, and nothing is kept', async (t) => {
  const ticketId = '0192f0c8-0000-7000-8000-000000000000'
  const table: [parts: FormPart[], path: string][] = [
    [[TYPE], 'body.file'],
    [[PNG], 'body.type'],
    [[], 'body.file'],
    [[PNG, { name: 'type', value: 'text' }], 'body.type'],
    [[PNG, TYPE, TYPE], 'body.type'],
    [[PNG, PNG, TYPE], 'body.file'],
    [[{ name: 'picture', value: 'x', fileName: 'x' }, TYPE], 'body.picture'],
    [[{ name: 'file', value: 'x' }, TYPE], 'body.file'],
    [[PNG, TYPE, { name: 'colour', value: 'red' }], 'body.colour'],
    [[PNG, TYPE, { name: 'caption', value: 'a'.repeat(1_025) }], 'body.caption'],
    [[PNG, TYPE, { name: 'caption', value: 'a'.repeat(9_000) }], 'body.caption'],
    [[PNG, TYPE, { name: 'ticketId', value: '1' }], 'body.ticketId'],
    ...[
      '../../etc/passwd',
      'a/b.png',
      'a\\\\b.png',
      '..',
      '.',
      'a\u202egnp.exe',
      'a\u0001.png',
      'a'.repeat(241),
    ].map((fileName): [FormPart[], string] => [[{ ...PNG, fileName }, TYPE], 'body.file']),
  ]
  const before = await keptBy(api)
  for (const [parts, path] of table) {
    const answer = await postForm(api, parts)
    matchProblem(t, answer, 400, 'VALIDATION_ERROR')
    t.match(
      answer.json().error.details,
      [{ path }],
      JSON.stringify(parts.map(({ name, fileName }) => [name, fileName])),
    )
    t.same(await keptBy(api), before)
  }
  const unknown = (name: string) => postForm(api, [PNG, TYPE, { name, value: ticketId }])
  matchProblem(t, await unknown('ticketId'), 404, 'NOT_FOUND')
  matchProblem(t, await unknown('contactId'), 404, 'NOT_FOUND')
  t.same(await keptBy(api), before)
})

t.test('what is no form, or breaks off, is refused', async (t) => {
  const before = await keptBy(api)
  const headers = { 'x-api-key': keys.acme }
  const url = '/api/whatsapp/uploads'
  matchProblem(
    t,
    await app.inject({ method: 'POST', url, headers, payload: {} }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  )
  const { payload, headers: formHeaders } = formOf([TYPE, PNG])
  for (const end of [payload.length - 20, payload.length - 60, 100]) {
    const cut = {
      method: 'POST' as const,
      url,
      headers: { ...headers, ...formHeaders },
      payload: payload.subarray(0, end),
    }
    matchProblem(t, await app.inject(cut), 400, 'INVALID_MULTIPART')
  }
  const noBoundary = { ...headers, 'content-type': 'multipart/form-data' }
  matchProblem(
    t,
    await app.inject({ method: 'POST', url, headers: noBoundary, payload }),
    400,
    'INVALID_MULTIPART',
  )
  t.same(await keptBy(api), before)
})

t.test('a file over its limit is refused by its header and while it comes', async (t) => {
  const before = await keptBy(api)
  const big = Buffer.concat([FILES.png, randomBytes(120_000)])
  for (const parts of [
    [TYPE, { ...PNG, value: big }],
    [{ ...PNG, value: big }, TYPE],
    [
      { name: 'type', value: 'document' },
      { ...PNG, value: Buffer.alloc(LIMIT + 1) },
    ],
  ]) {
    const { error } = (await postForm(api, parts)).json()
    t.match(error, { code: 'MEDIA_TOO_LARGE', details: { maxBytes: Number } })
  }
  t.equal((await postFile(api, 'document', Buffer.alloc(LIMIT))).statusCode, 201, 'not one byte less')
  const now = await keptBy(api)
  t.same(now, { rows: before.rows + 1, files: before.files + 1 })

  const announced = await postForm(api, [TYPE, { ...PNG, value: Buffer.alloc(LIMIT + 65_536) }])
  t.match(announced.json().error, { code: 'MEDIA_TOO_LARGE', details: { type: null, maxBytes: LIMIT } })
})

t.test('an upload that its client gives up leaves nothing', async (t) => {
  const before = await keptBy(api)
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const { payload, headers } = formOf([
    TYPE,
    { ...PNG, value: Buffer.concat([FILES.png, Buffer.alloc(90_000)]) },
  ])
  const { storage } = dependencies
  const { put } = storage
  const ended = new Promise<unknown>((resolve) => {
    storage.put = async (...asked) => {
      storage.put = put
      socket.destroy()
      return put(...asked).finally(() => resolve(undefined))
    }
  })
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
  const head = `POST /api/whatsapp/uploads HTTP/1.1\r\nhost: here\r\nx-api-key: ${keys.acme}\r\ncontent-length: ${payload.length}\r\n`
  socket.write(`${head}content-type: ${headers['content-type']}\r\n\r\n`)
  socket.write(payload.subarray(0, 50_000))
  await ended
  for (let now = await keptBy(api); now.rows !== before.rows; now = await keptBy(api))
    await new Promise(setImmediate)
  t.same(await keptBy(api), before)
})

t.test('bytes that a message took stay, whatever became of the request that brought them', async (t) => {
  const { storage } = dependencies
  const { put } = storage
  const before = await keptBy(api)
  storage.put = async (...asked) => {
    storage.put = put
    await put(...asked)
    await sql`update upload set state = 'ready', type = 'image', media_type = 'image/png', size = 1, sha256 = 'a',
      sent_at = now() where state = 'writing'`.execute(api.db)
    throw new Error('the answer was lost')
  }
  matchProblem(t, await postFile(api, 'image', FILES.png), 503, 'STORAGE_UNAVAILABLE')
  t.same(await keptBy(api), { rows: before.rows + 1, files: before.files + 1 })
})

t.test('while the storage is away nothing is kept, and the client may try again', async (t) => {
  const { storage } = dependencies
  const { put } = storage
  const before = await keptBy(api)
  storage.put = () => Promise.reject(new Error('the disk is full'))
  const answer = await postFile(api, 'image', FILES.png)
  storage.put = put
  const { message } = matchProblem(t, answer, 503, 'STORAGE_UNAVAILABLE')
  t.notMatch(message, 'disk')
  t.same(await keptBy(api), before)
})
