import t from 'tap'
import { toPhoneIntent } from './to-phone.ts'

const uploadId = '0192f0c8-0000-7000-8000-000000000000'
const linkOf = ({ tenantId, uploadId }: { tenantId: string; uploadId: string }) =>
  `http://api/${tenantId}/${uploadId}`

t.test('an upload goes to whoever sends it as a link', async (t) => {
  const intent = { intent: 'image' as const, uploadId, mimeType: 'image/png', caption: 'Hello' }
  t.same(toPhoneIntent({ tenantId: 'acme', intent }, linkOf), {
    intent: 'image',
    mediaUrl: `http://api/acme/${uploadId}`,
    mimeType: 'image/png',
    caption: 'Hello',
  })
  const proposal = { intent: 'proposta' as const, proposalId: 'P', title: 'T', document: { uploadId } }
  t.match(toPhoneIntent({ tenantId: 'acme', intent: proposal }, linkOf), {
    intent: 'document',
    mediaUrl: `http://api/acme/${uploadId}`,
    caption: 'T',
  })
})

t.test('without links an upload waits, and everything else goes', async (t) => {
  const waiting = { status: 'failed', fault: 'waiting', code: 'NOT_CONFIGURED' }
  t.match(toPhoneIntent({ tenantId: 'acme', intent: { intent: 'audio', uploadId } }, undefined), waiting)
  const named = { intent: 'audio' as const, mediaUrl: 'https://files.example/a.mp3' }
  t.same(toPhoneIntent({ tenantId: 'acme', intent: named }, undefined), named)
})
