import {
  type AnyMessageContent,
  addTransactionCapability,
  type BinaryNode,
  Curve,
  cleanMessage,
  DEFAULT_CONNECTION_CONFIG,
  decryptMessageNode,
  encodeWAMessage,
  generateMessageIDV2,
  generateSignalPubKey,
  generateWAMessage,
  initAuthCreds,
  jidDecode,
  type proto,
  type WAMessage,
} from '@whiskeysockets/baileys'
import { createKeyStore } from './key-store.ts'
import type { Person } from './phone.ts'
import { SILENT_LOGGER } from './silent-logger.ts'
import type { NetworkDevice, TestNetwork } from './test-network.ts'

/** A companion that seals, opens and reads with Baileys' own code, without its socket. */
export interface BaileysDevice extends NetworkDevice {
  /** What it opened, as Baileys would emit it. */
  readonly messages: WAMessage[]
  /** Ids that it could not open. */
  readonly unreadable: string[]
  readonly receipts: BinaryNode[]
  write(toJid: string, content: AnyMessageContent): Promise<WAMessage>
}

export function createBaileysDevice(network: TestNetwork, person: Person, device: number): BaileysDevice {
  const creds = initAuthCreds()
  const me = `${person.phone}:${device}@s.whatsapp.net`
  const meLid = `${person.lid}:${device}@lid`
  const keys = addTransactionCapability(createKeyStore(), SILENT_LOGGER, {
    maxCommitRetries: 1,
    delayBetweenTriesMs: 1,
  })
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, SILENT_LOGGER)
  const port = network.port(person, device)
  const messages: WAMessage[] = []
  const unreadable: string[] = []
  const receipts: BinaryNode[] = []

  async function encrypt(jid: string, message: proto.IMessage): Promise<BinaryNode> {
    const { phone, lid } = port.personOf(jid) ?? person
    await repository.lidMapping.storeLIDPNMappings([{ pn: `${phone}@s.whatsapp.net`, lid: `${lid}@lid` }])
    if (!(await repository.validateSession(jid)).exists) {
      const { identityKey, signedPreKey, preKey, ...rest } = await port.bundleOf(jid)
      const session = {
        ...rest,
        identityKey: generateSignalPubKey(identityKey),
        signedPreKey: { ...signedPreKey, publicKey: generateSignalPubKey(signedPreKey.publicKey) },
        ...(preKey && { preKey: { ...preKey, publicKey: generateSignalPubKey(preKey.publicKey) } }),
      }
      await repository.injectE2ESession({ jid, session })
    }
    const { type, ciphertext } = await repository.encryptMessage({ jid, data: encodeWAMessage(message) })
    const enc = { tag: 'enc', attrs: { v: '2', type }, content: ciphertext }
    return { tag: 'to', attrs: { jid }, content: [enc] }
  }

  async function sealed(toJid: string, message: proto.IMessage): Promise<BinaryNode[]> {
    const isGroup = toJid.endsWith('@g.us')
    const users = isGroup ? await port.membersOf(toJid) : [toJid, `${person.phone}@s.whatsapp.net`]
    const devices = (await port.devicesOf(users)).filter(
      (jid) => port.personOf(jid)?.phone !== person.phone || (jidDecode(jid)?.device ?? 0) !== device,
    )
    if (!isGroup) {
      const copy = { deviceSentMessage: { destinationJid: toJid, message } }
      const content = devices.map((jid) =>
        encrypt(jid, port.personOf(jid)?.phone === person.phone ? copy : message),
      )
      return [{ tag: 'participants', attrs: {}, content: await Promise.all(content) }]
    }
    const { ciphertext, senderKeyDistributionMessage } = await repository.encryptGroupMessage({
      group: toJid,
      meId: meLid,
      data: encodeWAMessage(message),
    })
    const told = {
      senderKeyDistributionMessage: {
        groupId: toJid,
        axolotlSenderKeyDistributionMessage: senderKeyDistributionMessage,
      },
    }
    return [
      { tag: 'enc', attrs: { v: '2', type: 'skmsg' }, content: ciphertext },
      {
        tag: 'participants',
        attrs: {},
        content: await Promise.all(devices.map((jid) => encrypt(jid, told))),
      },
    ]
  }

  const made: BaileysDevice = {
    messages,
    unreadable,
    receipts,
    bundle() {
      const keyId = creds.nextPreKeyId++
      const preKey = Curve.generateKeyPair()
      void keys.set({ 'pre-key': { [keyId]: preKey } })
      return {
        registrationId: creds.registrationId,
        identityKey: creds.signedIdentityKey.public,
        signedPreKey: {
          keyId: creds.signedPreKey.keyId,
          publicKey: creds.signedPreKey.keyPair.public,
          signature: creds.signedPreKey.signature,
        },
        preKey: { keyId, publicKey: preKey.public },
      }
    },
    async receive(node) {
      if (node.tag === 'receipt') receipts.push(node)
      if (node.tag !== 'message') return
      const { fullMessage, decrypt } = decryptMessageNode(node, me, meLid, repository, SILENT_LOGGER)
      await decrypt()
      cleanMessage(fullMessage, me, meLid)
      if (fullMessage.message) messages.push(fullMessage)
      else unreadable.push(fullMessage.key.id ?? '')
    },
    async write(toJid, content) {
      const message = await generateWAMessage(toJid, content, {
        userJid: me,
        messageId: generateMessageIDV2(me),
        logger: SILENT_LOGGER,
        upload: async () => ({ mediaUrl: 'https://media.example/file', directPath: '/file' }),
      })
      const isGroup = toJid.endsWith('@g.us')
      port.send({
        tag: 'message',
        attrs: {
          to: toJid,
          id: message.key.id ?? '',
          type: 'text',
          notify: 'Baileys',
          ...(isGroup && { addressing_mode: 'lid' }),
        },
        content: await sealed(toJid, message.message ?? {}),
      })
      return message
    },
  }
  network.connect(person, device, made)
  return made
}
