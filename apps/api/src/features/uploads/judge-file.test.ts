import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import { FILES, type FormPart, keptBy, postFile, postForm, ZIP } from '../../testing/upload.ts'

const api = await startApi(t, { env: { UPLOAD_LINK_SECRET: 'secret of the links' } })

const HTML = Buffer.from('<!doctype html><script>alert(1)</script>')
const SVG = Buffer.from(
  '<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
)
const withBehind = (picture: Buffer, ...behind: (Buffer | string)[]) =>
  Buffer.concat([picture, ...behind.map((piece) => Buffer.from(piece))])

const disguised: [
  name: string,
  type: string,
  bytes: Buffer,
  code: 'FILE_NOT_WHAT_IT_SAYS' | 'FILE_UNSAFE' | 'FILE_EMPTY',
  mimeType?: string,
][] = [
  ['a page as a picture', 'image', HTML, 'FILE_UNSAFE', 'image/jpeg'],
  ['a page as a document', 'document', HTML, 'FILE_UNSAFE', 'text/html'],
  ['a page behind a comment', 'document', Buffer.from(`<!-- ${'a'.repeat(50)} -->${HTML}`), 'FILE_UNSAFE'],
  ['a drawing with a script as a picture', 'image', SVG, 'FILE_UNSAFE', 'image/svg+xml'],
  ['a drawing with a script as a document', 'document', SVG, 'FILE_UNSAFE', 'image/svg+xml'],
  ['a text as a picture', 'image', Buffer.from('hello'), 'FILE_NOT_WHAT_IT_SAYS'],
  ['unknown bytes as a picture', 'image', Buffer.from([0, 1, 2, 254]), 'FILE_NOT_WHAT_IT_SAYS'],
  ['a PDF as a picture', 'image', FILES.pdf, 'FILE_NOT_WHAT_IT_SAYS', 'image/png'],
  ['a picture as a video', 'video', FILES.png, 'FILE_NOT_WHAT_IT_SAYS', 'video/mp4'],
  ['a picture as a sound', 'audio', FILES.png, 'FILE_NOT_WHAT_IT_SAYS'],
  ['a picture as a PDF', 'document', FILES.png, 'FILE_NOT_WHAT_IT_SAYS', 'application/pdf'],
  ['a JPEG as a sticker', 'sticker', FILES.jpeg, 'FILE_NOT_WHAT_IT_SAYS'],
  [
    'a bitmap as a picture',
    'image',
    Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
    'FILE_NOT_WHAT_IT_SAYS',
  ],
  ['a GIF that is also a script', 'image', Buffer.from('GIF89a/*<script>*/=1;'), 'FILE_UNSAFE'],
  [
    'a JPEG with a page in its comment',
    'image',
    Buffer.concat([FILES.jpeg.subarray(0, 20), Buffer.from('<HTML >'), FILES.jpeg.subarray(20)]),
    'FILE_UNSAFE',
  ],
  ['a PNG with a page behind it', 'image', withBehind(FILES.png, HTML), 'FILE_UNSAFE'],
  [
    'a page far behind, across two pieces',
    'image',
    withBehind(FILES.png, Buffer.alloc(65_536 - FILES.png.length - 3), '<script src=x>'),
    'FILE_UNSAFE',
  ],
  ['a JPEG with a PDF behind it', 'image', withBehind(FILES.jpeg, FILES.pdf), 'FILE_UNSAFE'],
  ['a PNG with a zip behind it', 'image', withBehind(FILES.png, ZIP), 'FILE_UNSAFE'],
  ['a PNG with a zip and a few bytes behind it', 'image', withBehind(FILES.png, ZIP, 'abc'), 'FILE_UNSAFE'],
  ['a sticker with a zip behind it', 'sticker', withBehind(FILES.webp, ZIP), 'FILE_UNSAFE'],
  ['no bytes', 'document', Buffer.alloc(0), 'FILE_EMPTY'],
]

t.test('a file that is something else than it says is refused, and nothing of it is kept', async (t) => {
  const before = await keptBy(api)
  for (const [name, type, bytes, code, mimeType] of disguised) {
    const answer = await postFile(api, type, bytes, mimeType === undefined ? {} : { mimeType })
    const { message } = matchProblem(t, answer, 422, code)
    t.match(message, /^[A-Z].+\.$/, name)
    t.same(await keptBy(api), before, name)
  }
})

t.test('the same is said when the type comes before the file', async (t) => {
  for (const [name, type, bytes, code] of disguised.filter(([, , , , mimeType]) => mimeType === undefined)) {
    const parts: FormPart[] = [
      { name: 'type', value: type },
      { name: 'file', value: bytes, fileName: 'file' },
    ]
    matchProblem(t, await postForm(api, parts), 422, code)
    t.ok(name)
  }
})

t.test('files are taken as what their bytes say', async (t) => {
  const table: [type: string, bytes: Buffer, mediaType: string, mimeType?: string][] = [
    ['image', FILES.png, 'image/png', 'image/jpeg'],
    ['image', FILES.jpeg, 'image/jpeg'],
    ['image', FILES.gif, 'image/gif'],
    ['sticker', FILES.webp, 'image/webp'],
    ['video', FILES.mp4, 'video/mp4'],
    ['audio', FILES.mp4, 'audio/mp4'],
    ['audio', FILES.ogg, 'audio/ogg'],
    ['document', FILES.pdf, 'application/pdf', 'application/pdf'],
    ['document', withBehind(FILES.pdf, ZIP), 'application/pdf'],
    ['document', Buffer.from('name;phone\nAna;1'), 'text/csv', 'text/csv'],
    ['document', Buffer.from('hello'), 'application/octet-stream', 'application/x-own'],
    [
      'document',
      Buffer.from('<?xml version="1.0"?><invoice/>'),
      'application/octet-stream',
      'application/xml',
    ],
  ]
  for (const [type, bytes, mediaType, mimeType] of table) {
    const answer = await postFile(api, type, bytes, mimeType === undefined ? {} : { mimeType })
    t.match([answer.statusCode, answer.json().mediaType], [201, mediaType], answer.body)
  }
})
