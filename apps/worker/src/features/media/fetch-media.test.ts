import { buffer } from 'node:stream/consumers'
import type { ClaimedDownload, MediaSource } from '@carteiro/domain/media/claim-downloads'
import t from 'tap'
import { createFetchMedia } from './fetch-media.ts'
import { type FetchByTransport, MediaFetchError, type MediaRequest } from './media-fetcher.ts'

const download: ClaimedDownload = {
  tenantId: 'acme',
  messageId: '0190a1b2-0000-7000-8000-000000000001',
  instanceId: 'acme-phone',
  attempt: 1,
  expired: false,
  source: null,
}
const source = (fields: Partial<MediaSource>): MediaSource => ({
  transport: 'baileys',
  providerMessageId: '3EB0',
  type: 'image',
  claimedType: null,
  sha256: null,
  inline: null,
  file: {},
  ...fields,
})
const { signal } = new AbortController()

/** Which transport was asked, and for what. */
async function asked(fields: Partial<MediaSource>): Promise<(MediaRequest & { by: string }) | string> {
  const requests: (MediaRequest & { by: string })[] = []
  const note =
    (by: string): FetchByTransport =>
    async (request) => {
      requests.push({ ...request, by })
      throw new MediaFetchError({ code: 'NOTED', retriable: false })
    }
  const fetchMedia = createFetchMedia({ baileys: note('baileys'), cloud: note('cloud') })
  const code = await fetchMedia(download, source(fields), signal).then(
    () => 'fetched',
    (error) => (error instanceof MediaFetchError ? error.code : String(error)),
  )
  return requests[0] ?? code
}

t.test('a linked phone’s file comes from its broker, a Cloud number’s from Meta', async (t) => {
  const file = { directPath: '/v/1', mediaKey: 'a2V5' }
  t.match(await asked({ file }), {
    by: 'baileys',
    providerMessageId: '3EB0',
    media: { ...file, mediaType: 'image' },
  })
  t.match(await asked({ transport: 'cloud', file: { id: '42' } }), { by: 'cloud', media: { id: '42' } })
})

t.test(
  'an address that a stranger wrote is asked of nobody: the broker finds the file by its message',
  async (t) => {
    const request = await asked({ file: { url: 'http://169.254.169.254/', directPath: '/v/1' } })
    t.match(request, { by: 'baileys', media: { url: undefined, directPath: undefined } })
    t.equal(await asked({ transport: 'cloud', file: { url: 'https://example.test/1' } }), 'NO_SOURCE')
    t.equal(await asked({ providerMessageId: '' }), 'NO_SOURCE')
  },
)

t.test('bytes that came within the message need nobody', async (t) => {
  const fetchMedia = createFetchMedia({ baileys: undefined, cloud: undefined })
  const inline = Buffer.from('hello').toString('base64')
  const { body, size } = await fetchMedia(download, source({ inline }), signal)
  t.equal(size, 5)
  t.equal((await buffer(body)).toString(), 'hello')
  await t.rejects(fetchMedia(download, source({}), signal), { code: 'NOT_CONFIGURED' })
})
