import type { BinaryNode } from '@whiskeysockets/baileys'
import type { KeyBundle } from '../phone/phone.ts'
import type { QueryHandler } from './answer-query.ts'
import type { CompanionKeys, Device } from './device.ts'
import { allChildren, bigEndian, bytesOf, childOf, childrenOf, node, numberOf, SERVER_JID } from './nodes.ts'
import { seconds, type World } from './world.ts'

const KEY_TYPE = Buffer.from([5])
/** One-time prekeys that one client may leave here. */
const PRE_KEYS_LIMIT = 2_000
/** A client is told when it has fewer left. */
const LOW_COUNT = 5
const MAX_KEYS_ASKED = 1_000

/** A client's keys: left here for those who want to write to it. */
export const keyQueries: Record<string, QueryHandler> = {
  'encrypt get count': (world, { companion }) => {
    const count = companion?.keys?.preKeys.size ?? 0
    // A client whose keys are not known at all has to bring them.
    return [node('count', { value: String(count === 0 && companion?.keys ? world.claimedPreKeys : count) })]
  },
  'encrypt get digest': (_world, { companion }) => {
    const keys = companion?.keys
    if (!keys) return 404
    return [
      node('digest', {}, [
        node('registration', {}, bigEndian(keys.registrationId, 4)),
        node('type', {}, KEY_TYPE),
        node('identity', {}, keys.identityKey),
        signedPreKeyNode(keys.signedPreKey),
      ]),
    ]
  },
  'encrypt get key': (world, _sender, query) => {
    const asked = childrenOf(childOf(query, 'key'), 'user')
    if (asked.length === 0 || asked.length > MAX_KEYS_ASKED) return 400
    return [
      node(
        'list',
        {},
        asked.map(({ attrs }) => bundleNode(world, attrs.jid)),
      ),
    ]
  },
  'encrypt set rotate': (_world, { companion }, query) => {
    const signedPreKey = readSignedPreKey(childOf(childOf(query, 'rotate'), 'skey'))
    if (!companion?.keys || !signedPreKey) return 400
    companion.keys.signedPreKey = signedPreKey
    return []
  },
  'encrypt set': (_world, { companion }, query) => {
    const uploaded = readKeys(query)
    if (!companion || !uploaded) return 400
    const kept = sameIdentity(companion.keys, uploaded) ? companion.keys?.preKeys : undefined
    const preKeys = new Map([...(kept ?? []), ...uploaded.preKeys].slice(-PRE_KEYS_LIMIT))
    companion.keys = { ...uploaded, preKeys }
    return []
  },
}

/** Takes a bundle of a device, and tells the device when it runs out of prekeys. */
export function takeBundle(world: World, device: Device | undefined): KeyBundle | undefined {
  const bundle = device?.takeBundle()
  const left = device?.companion?.keys?.preKeys.size
  if (device && bundle?.preKey && left === LOW_COUNT - 1) {
    const attrs = { id: world.nextId(), from: SERVER_JID, type: 'encrypt', t: seconds(world) }
    world.deliver(device, node('notification', attrs, [node('count', { value: String(left) })]))
  }
  return bundle
}

function bundleNode(world: World, jid: string | undefined): BinaryNode {
  const bundle = takeBundle(world, world.persons.deviceAt(jid))
  if (!bundle) return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })])
  const { registrationId, identityKey, signedPreKey, preKey } = bundle
  return node('user', { jid, t: seconds(world) }, [
    node('registration', {}, bigEndian(registrationId, 4)),
    node('type', {}, KEY_TYPE),
    node('identity', {}, identityKey),
    signedPreKeyNode(signedPreKey),
    ...(preKey ? [node('key', {}, [idNode(preKey.keyId), node('value', {}, preKey.publicKey)])] : []),
  ])
}

function signedPreKeyNode({ keyId, publicKey, signature }: KeyBundle['signedPreKey']): BinaryNode {
  return node('skey', {}, [idNode(keyId), node('value', {}, publicKey), node('signature', {}, signature)])
}

function idNode(keyId: number): BinaryNode {
  return node('id', {}, bigEndian(keyId, 3))
}

function readKeys(query: BinaryNode): CompanionKeys | undefined {
  const signedPreKey = readSignedPreKey(childOf(query, 'skey'))
  const identityKey = bytesOf(childOf(query, 'identity'))
  if (!signedPreKey || identityKey.length !== 32) return undefined
  const uploaded = allChildren(childOf(query, 'list')).map(
    (key) => [numberOf(childOf(key, 'id')), bytesOf(childOf(key, 'value'))] as const,
  )
  if (uploaded.some(([, publicKey]) => publicKey.length !== 32)) return undefined
  return {
    registrationId: numberOf(childOf(query, 'registration')),
    identityKey,
    signedPreKey,
    preKeys: new Map(uploaded),
  }
}

function readSignedPreKey(key: BinaryNode | undefined): KeyBundle['signedPreKey'] | undefined {
  const publicKey = bytesOf(childOf(key, 'value'))
  const signature = bytesOf(childOf(key, 'signature'))
  if (publicKey.length !== 32 || signature.length !== 64) return undefined
  return { keyId: numberOf(childOf(key, 'id')), publicKey, signature }
}

function sameIdentity(one: CompanionKeys | undefined, other: CompanionKeys): boolean {
  return one !== undefined && Buffer.compare(one.identityKey, other.identityKey) === 0
}
