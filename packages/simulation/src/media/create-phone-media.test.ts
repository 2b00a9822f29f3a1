import { createHmac, randomBytes } from 'node:crypto'
import { t, test } from 'tap'
import { createPhoneMedia } from './create-phone-media.ts'
import { decryptMedia } from './decrypt-media.ts'
import { deriveMediaKeys } from './derive-media-keys.ts'
import { encryptMedia } from './encrypt-media.ts'
import { startTestMediaHost } from './test-media-host.ts'

const { host } = await startTestMediaHost(t)
const phone = createPhoneMedia(host)
const corrupt = { code: 'MEDIA_CORRUPT' }

test('a file that is not what its sender sealed is not opened', async (t) => {
  const { ciphertext, ...seal } = await encryptMedia(randomBytes(1_000), 'image')
  t.equal((await decryptMedia(ciphertext, seal, 'image')).length, 1_000)
  const flipped = (at: number) => {
    const bytes = Buffer.from(ciphertext)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    return bytes
  }
  for (const at of [0, 500, ciphertext.length - 1]) {
    await t.rejects(decryptMedia(flipped(at), { mediaKey: seal.mediaKey }, 'image'), corrupt)
  }
  for (const length of [0, 5, 10, ciphertext.length - 16]) {
    await t.rejects(decryptMedia(ciphertext.subarray(0, length), seal, 'image'), corrupt)
  }
  await t.rejects(decryptMedia(ciphertext, seal, 'video'), corrupt, 'by the keys of another type')
  for (const wrong of ['mediaKey', 'fileSha256', 'fileEncSha256']) {
    await t.rejects(decryptMedia(ciphertext, { ...seal, [wrong]: randomBytes(32) }, 'image'), corrupt, wrong)
  }
})

test('a right MAC over what is no whole number of blocks opens nothing', async (t) => {
  const mediaKey = randomBytes(32)
  const { iv, macKey } = await deriveMediaKeys(mediaKey, 'image')
  const sealed = randomBytes(17)
  const mac = createHmac('sha256', macKey).update(iv).update(sealed).digest().subarray(0, 10)
  await t.rejects(decryptMedia(Buffer.concat([sealed, mac]), { mediaKey }, 'image'), corrupt)
})

test('a file that the host has no longer is uploaded again by who sent it and by who has fetched it', async (t) => {
  const plain = randomBytes(1_000)
  const sent = await phone.upload(plain, 'audio')
  const other = createPhoneMedia(host)
  await other.download(sent, 'audio')
  let { directPath } = sent
  for (const has of [phone, other]) {
    host.expire(directPath)
    await t.rejects(has.download({ ...sent, directPath }, 'audio'), { code: 'MEDIA_GONE' })
    const again = has.uploadAgain(sent.mediaKey, 'audio')
    t.not(again?.directPath, directPath)
    directPath = again?.directPath ?? ''
    t.ok(plain.equals(await other.download({ ...sent, directPath }, 'audio')))
  }
  t.equal(createPhoneMedia(host).uploadAgain(sent.mediaKey, 'audio'), undefined)
})

test('a phone keeps so many bytes and no more, the newest', async (t) => {
  const small = createPhoneMedia(host, 3_000)
  const sent = []
  for (const size of [1_000, 1_000, 1_000, 4_000, 100]) {
    sent.push(await small.upload(randomBytes(size), 'image'))
  }
  const kept = sent.map(({ mediaKey }) => small.uploadAgain(mediaKey, 'image') !== undefined)
  t.same(kept, [false, false, false, false, true])
})
