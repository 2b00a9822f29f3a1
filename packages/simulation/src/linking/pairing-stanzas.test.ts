import {
  type AuthenticationCreds,
  type BinaryNode,
  Curve,
  configureSuccessfulPairing,
  decodeBinaryNode,
  encodeBinaryNode,
  getBinaryNodeChild,
  initAuthCreds,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
} from '@whiskeysockets/baileys'
import { verify } from 'curve25519-js'
import { test } from 'tap'
import { pairDevice, pairSuccess, readPairDeviceSign } from './pairing-stanzas.ts'
import { sealIdentity, signIdentity } from './sign-identity.ts'

const JID = '5511987654321:3@s.whatsapp.net'
const LID = '100200300400500:3@lid'
const at = new Date('2026-01-02T03:04:05Z')

const advSecret = (creds: AuthenticationCreds) => Buffer.from(creds.advSecretKey, 'base64')

function linkTo(creds: AuthenticationCreds, secret = advSecret(creds)) {
  const account = Curve.generateKeyPair()
  const identity = signIdentity({
    account,
    companionKey: creds.signedIdentityKey.public,
    keyIndex: 3,
    rawId: 77,
    at,
  })
  const stanza = pairSuccess({
    id: 'pair-1',
    at,
    jid: JID,
    lid: LID,
    sealedIdentity: sealIdentity(identity, secret),
  })
  return { account, identity, stanza }
}

/** What is left of a stanza after it went over the wire. */
const overTheWire = (node: BinaryNode) => decodeBinaryNode(encodeBinaryNode(node))

test('Baileys takes the linking, and its signature is accepted', async (t) => {
  const creds = initAuthCreds()
  const { account, identity, stanza } = linkTo(creds)
  const { creds: update, reply } = configureSuccessfulPairing(await overTheWire(stanza), creds)

  t.match(update.me, { id: JID, lid: LID })
  t.equal(update.platform, 'android')
  const whole = proto.ADVSignedDeviceIdentity.decode(readPairDeviceSign(await overTheWire(reply), identity))
  t.same(whole.accountSignatureKey, account.public)
  t.same(whole.deviceSignature, update.account?.deviceSignature)
  const vouched = Buffer.concat([
    WA_ADV_ACCOUNT_SIG_PREFIX,
    whole.details ?? new Uint8Array(),
    creds.signedIdentityKey.public,
  ])
  t.ok(
    verify(account.public, vouched, whole.accountSignature),
    "Baileys does not check the phone's signature",
  )
  const details = proto.ADVDeviceIdentity.decode(whole.details ?? new Uint8Array())
  t.match(details, { rawId: 77, keyIndex: 3 })
  t.equal(Number(details.timestamp), at.getTime() / 1000)
})

test('Baileys refuses a linking whose phone does not know its secret', async (t) => {
  const creds = initAuthCreds()
  const { stanza } = linkTo(creds, Buffer.alloc(32))
  t.throws(() => configureSuccessfulPairing(stanza, creds), /Invalid account signature/)
})

test('an answer with a wrong signature, index or identity is refused by name', async (t) => {
  const creds = initAuthCreds()
  const { identity, stanza } = linkTo(creds)
  const { reply } = configureSuccessfulPairing(stanza, creds)
  const changed = (change: (signed: proto.ADVSignedDeviceIdentity) => void, index = '3') => {
    const sign = getBinaryNodeChild(reply, 'pair-device-sign')
    const device = getBinaryNodeChild(sign, 'device-identity')
    const signed = proto.ADVSignedDeviceIdentity.decode(device?.content as Uint8Array)
    change(signed)
    const content = proto.ADVSignedDeviceIdentity.encode(signed).finish()
    const node = { tag: 'device-identity', attrs: { 'key-index': index }, content }
    return { ...reply, content: [{ tag: 'pair-device-sign', attrs: {}, content: [node] }] }
  }
  const refused = (node: BinaryNode, message: RegExp) =>
    t.throws(() => readPairDeviceSign(node, identity), { message })

  refused(
    changed((signed) => (signed.deviceSignature = Curve.sign(creds.noiseKey.private, Buffer.from('x')))),
    /signature is not its identity key's/,
  )
  refused(
    changed((signed) => (signed.deviceSignature = null)),
    /signature is not its identity key's/,
  )
  refused(
    changed((signed) => (signed.details = new Uint8Array([8, 1]))),
    /another identity/,
  )
  refused(
    changed((signed) => (signed.accountSignature = new Uint8Array(64))),
    /another account's/,
  )
  refused(
    changed(() => undefined, '4'),
    /another key index/,
  )
  refused({ tag: 'iq', attrs: { type: 'result' } }, /did not sign/)
  refused({ ...reply, attrs: { type: 'error' } }, /did not sign/)
})

test('every ref is a child of pair-device, in order', async (t) => {
  const node = await overTheWire(pairDevice('1', ['2@a', '2@b']))
  const refs = getBinaryNodeChild(node, 'pair-device')?.content
  t.same(Array.isArray(refs) && refs.map(({ content }) => String(content)), ['2@a', '2@b'])
})
