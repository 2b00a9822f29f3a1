import { proto } from '@whiskeysockets/baileys'
import { verify } from 'curve25519-js'
import { test } from 'tap'
import { makeServerIdentity, SIMULATOR_ROOT } from './certificate.ts'

const { Details } = proto.CertChain.NoiseCertificate

test('the root signs the intermediate, which signs the key of the handshake', async (t) => {
  const { certificate, noiseKey, root } = makeServerIdentity()
  const { intermediate, leaf } = proto.CertChain.decode(certificate)
  if (!intermediate?.details || !leaf?.details || !intermediate.signature || !leaf.signature) {
    throw new Error('a chain of two')
  }
  const issuer = Details.decode(intermediate.details)

  t.equal(root, SIMULATOR_ROOT)
  t.ok(verify(Buffer.from(root, 'base64'), intermediate.details, intermediate.signature))
  t.ok(issuer.key && verify(issuer.key, leaf.details, leaf.signature))
  t.equal(issuer.issuerSerial, 0, 'as Baileys asks')
  t.same(Buffer.from(Details.decode(leaf.details).key ?? []), noiseKey.public)
})

test('another seed is another root, and the same seed the same', async (t) => {
  t.not(makeServerIdentity('mine').root, SIMULATOR_ROOT)
  t.equal(makeServerIdentity('mine').root, makeServerIdentity('mine').root)
})
